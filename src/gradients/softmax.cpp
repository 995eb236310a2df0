#include "gradients/softmax.h"

#include <algorithm>

namespace nybble::gradients {

double exponentials(float* x, int n, const cpu::Kernels& kernels, float& max) {
  max = *std::max_element(x, x + n);
  for (int i = 0; i < n; ++i) x[i] -= max;
  const int whole = n / cpu::lanes * cpu::lanes;
  for (int i = 0; i < whole; i += cpu::lanes) kernels.exponentials(x + i);
  float rest[cpu::lanes] = {};
  std::copy(x + whole, x + n, rest);
  kernels.exponentials(rest);
  std::copy_n(rest, n - whole, x + whole);
  // Lanes of their own, so that additions neither wait for one another nor depend on the compiler.
  double sums[8] = {};
  for (int i = 0; i < n; ++i) sums[i % 8] += double{x[i]};
  double sum = 0;
  for (const double s : sums) sum += s;
  return sum;
}

void softmax(float* x, int n, const cpu::Kernels& kernels) {
  if (n == 0) return;
  float max = 0;
  const float share = static_cast<float>(1 / exponentials(x, n, kernels, max));
  for (int i = 0; i < n; ++i) x[i] *= share;
}

}  // namespace nybble::gradients
