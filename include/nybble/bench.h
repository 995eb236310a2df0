// How fast a model runs here, and what share of the machine's measured peak that is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nybble/compute.h"
#include "nybble/progress.h"

namespace nybble {

struct BenchRequest {
  std::filesystem::path model;
  std::vector<int> prompts = {512};      // tests "pp512": so many tokens in one go
  std::vector<int> generations = {128};  // tests "tg128": one token after the other
  std::vector<int> depths = {0};         // tokens before each test, which are not timed
  int repetitions = 5;
  int batch = 512;  // tokens that run together
  int threads = 0;  // 0: one per core
  Compute compute = Compute::run;
  CacheTypes cache_types = {};
  bool repack = true;  // false: compute from the rows of the mapped file
};

struct BenchRow {
  std::string test;  // "pp512", "tg128", "pp512 @ d4096"
  int tokens = 0;
  // Of the repetitions: the mean, the standard deviation, the best.
  double tokens_per_second = 0, deviation = 0, best = 0;
  // Of the best: the time that multiplying, or reading the weights, would take at the machine's
  // peak, whichever is longer, over the time taken. Attention does not count as work.
  double percent_of_peak = 0;
  double weight_bytes_per_second = 0;  // of the best
};

struct BenchReport {
  std::string model, type, device;  // type: the one that most of the weights have
  std::uint64_t file_bytes = 0, parameters = 0;
  double load_seconds = 0;
  // Of all threads, measured in this process.
  double peak_int8_macs = 0, peak_float_macs = 0, peak_read_bytes = 0;
  std::vector<BenchRow> rows;
};

// Throws Error.
BenchReport bench_model(const BenchRequest& request, const ProgressCallback& progress = {});

}  // namespace nybble
