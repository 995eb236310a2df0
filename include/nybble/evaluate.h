// Perplexity of a model on a text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nybble/progress.h"

namespace nybble {

struct EvaluateRequest {
  std::filesystem::path model;
  std::filesystem::path text;
  int context =
      512;         // tokens a window; the second half of each window is scored, as llama.cpp does
  int chunks = 0;  // 0: all whole windows
  int threads = 0;
};

struct EvaluateReport {
  double perplexity = 0;
  double standard_error = 0;  // of perplexity, from the variance of the scored tokens
  double bits_per_weight = 0;
  std::uint64_t file_bytes = 0;
  int chunks = 0;
  std::uint64_t scored_tokens = 0;
  double seconds = 0;
  double tokens_per_second = 0;
  std::vector<double> running;  // perplexity after each window
};

// Throws Error, also when the text is shorter than one window.
EvaluateReport evaluate_model(const EvaluateRequest& request,
                              const ProgressCallback& progress = {});

}  // namespace nybble
