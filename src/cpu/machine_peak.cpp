#include "cpu/machine_peak.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "cpu/aligned_array.h"
#include "cpu/choose_kernels.h"

namespace nybble::cpu {
namespace {

constexpr int runs = 15;
// Some 10 ms, in which the system finds a core for every thread.
constexpr std::int64_t rounds = 4'000'000;
// Far more than caches hold, whole passes of 2 MiB.
constexpr std::size_t buffer_bytes = std::size_t{256} << 20, pass_bytes = std::size_t{2} << 20;

// Units a second; work returns the units it did.
template <class Work>
double best_rate(const Work& work) {
  double best = 0;
  for (int run = 0; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    const double done = work();
    best = std::max(
        best,
        done / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

double repeat(ThreadPool& pool, std::int64_t (*kernel)(std::int64_t)) {
  std::vector<std::int64_t> done(static_cast<std::size_t>(pool.size()));
  pool.run(pool.size(),
           [&](std::int64_t i, int) { done[static_cast<std::size_t>(i)] = kernel(rounds); });
  double sum = 0;
  for (const std::int64_t n : done) sum += static_cast<double>(n);
  return sum;
}

std::uint64_t sum_of(const std::uint64_t* values, std::size_t n) {
  std::uint64_t sums[8] = {};
  for (std::size_t i = 0; i < n; i += 8) {
    for (std::size_t k = 0; k < 8; ++k) sums[k] += values[i + k];
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t part : sums) sum += part;
  return sum;
}

double read_rate(ThreadPool& pool) {
  LargePages pages;
  AlignedArray<std::uint64_t> buffer(buffer_bytes / sizeof(std::uint64_t), "measuring memory",
                                     pages);
  std::memset(buffer.data(), 1, buffer.bytes());
  const std::size_t n = pass_bytes / sizeof(std::uint64_t);
  std::vector<std::uint64_t> sums(buffer_bytes / pass_bytes);
  volatile std::uint64_t kept = 0;
  const double rate = best_rate([&] {
    pool.run(static_cast<std::int64_t>(sums.size()), [&](std::int64_t i, int) {
      const auto pass = static_cast<std::size_t>(i);
      sums[pass] = sum_of(buffer.data() + pass * n, n);
    });
    kept = sums[0];
    return static_cast<double>(buffer_bytes);
  });
  return rate + 0 * static_cast<double>(kept);
}

}  // namespace

MachinePeak measure_peak(ThreadPool& pool, const std::string& isa) {
  const Kernels& kernels = choose_kernels(isa);
  return {.int8_macs = best_rate([&] { return repeat(pool, kernels.int8.repeat_dots); }),
          .float_macs = best_rate([&] { return repeat(pool, kernels.repeat_fmas); }),
          .read_bytes = read_rate(pool)};
}

}  // namespace nybble::cpu
