#include "gradients/softmax.h"

#include <algorithm>
#include <numeric>

namespace nybble::gradients {
namespace {

// In lanes, so that comparisons do not wait for one another.
float highest(const float* x, int n) {
  float tops[cpu::lanes];
  std::fill_n(tops, cpu::lanes, x[0]);
  int i = 0;
  for (; i + cpu::lanes <= n; i += cpu::lanes) {
    for (int lane = 0; lane < cpu::lanes; ++lane)
      tops[lane] = tops[lane] < x[i + lane] ? x[i + lane] : tops[lane];
  }
  return std::max(*std::max_element(tops, tops + cpu::lanes),
                  *std::max_element(x + (i == 0 ? 0 : i - 1), x + n));
}

}  // namespace

double exponentials(float* x, int n, const cpu::Kernels& kernels, float& max) {
  max = highest(x, n);
  // Lanes of their own, so that additions neither wait for one another nor depend on the compiler.
  double sums[8] = {};
  const auto put = [&](float* values, int padded, int count) {
    for (int i = 0; i < padded; ++i) values[i] -= max;
    kernels.exponentials(values, padded);
    for (int i = 0; i < count; ++i) sums[i % 8] += double{values[i]};
  };
  // As much as the first-level cache keeps from one loop to the next.
  constexpr int piece = 1024;
  const int whole = n / cpu::lanes * cpu::lanes;
  for (int i = 0; i < whole; i += piece) {
    const int count = std::min(piece, whole - i);
    put(x + i, count, count);
  }
  float rest[cpu::lanes] = {};
  std::copy(x + whole, x + n, rest);
  put(rest, cpu::lanes, n - whole);
  std::copy_n(rest, n - whole, x + whole);
  return std::accumulate(sums, sums + 8, 0.0);
}

void softmax(float* x, int n, const cpu::Kernels& kernels) {
  if (n == 0) return;
  float max = 0;
  const float share = static_cast<float>(1 / exponentials(x, n, kernels, max));
  for (int i = 0; i < n; ++i) x[i] *= share;
}

}  // namespace nybble::gradients
