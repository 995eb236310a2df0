// Products of floats beside OpenBLAS's, in turns, with all threads and with one: a prompt of 512
// tokens times 4096 x 4096.
//
//   build/release/bench_openblas      as CSV
#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include "cpu/cpu_backend.h"
#include "cpu/machine_peak.h"

namespace nybble {
namespace {

constexpr int tokens = 512, rows = 4096, cols = 4096, rounds = 20;

std::vector<float> some_floats(std::size_t n) {
  std::mt19937 random(1);
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(random() >> 8) * 0x1p-23f - 1;
  return values;
}

template <class Work>
double seconds_of(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void compare(int threads) {
  const std::vector<float> weight = some_floats(std::size_t{rows} * cols),
                           x = some_floats(std::size_t{tokens} * cols);
  std::vector<float> out(std::size_t{tokens} * rows);
  cpu::CpuBackend backend({.threads = threads});
  const auto uploaded =
      backend.upload({.name = "a weight",
                      .format = id_of<formats::F32>(),
                      .rows = rows,
                      .cols = cols,
                      .row = [&](std::int64_t r) {
                        return std::as_bytes(std::span(weight))
                            .subspan(static_cast<std::size_t>(r) * cols * 4, cols * 4);
                      }});
  const backend::ProjectAddStep step{.tokens = tokens,
                                     .x = x.data(),
                                     .linear = {.weight = uploaded.get()},
                                     .residual = out.data()};
  openblas_set_num_threads(threads);
  double ours = 1e9, theirs = 1e9;
  for (int round = 0; round < rounds; ++round) {
    ours = std::min(ours, seconds_of([&] { backend.project_add(step); }));
    theirs = std::min(theirs, seconds_of([&] {
                        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, tokens, rows, cols, 1,
                                    x.data(), cols, weight.data(), cols, 1, out.data(), rows);
                      }));
  }
  ThreadPool pool(threads);
  const double macs = double{tokens} * rows * cols, peak = cpu::measure_peak(pool).float_macs;
  fmt::print("{},{:.1f},{:.0f},{:.1f},{:.2f}\n", threads, macs / ours * 1e-9,
             100 * macs / ours / peak, macs / theirs * 1e-9, theirs / ours);
}

}  // namespace
}  // namespace nybble

int main() {
  fmt::print("threads,GMAC/s,percent_of_peak,OpenBLAS,ratio\n");
  const int all = static_cast<int>(std::thread::hardware_concurrency());
  nybble::compare(all);
  if (all > 1) nybble::compare(1);
}
