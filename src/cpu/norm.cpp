#include "cpu/norm.h"

#include <cmath>

#include "cpu/cpu_backend.h"

namespace nybble::cpu {

void rms_norm(const backend::Norm& norm, const float* x, std::int64_t n, float* out) {
  double sums[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (int s = 0; s < 8; ++s) sums[s] += double{x[i + s]} * double{x[i + s]};
  }
  for (; i < n; ++i) sums[i % 8] += double{x[i]} * double{x[i]};
  double total = 0;
  for (const double sum : sums) total += sum;
  const double mean = total / static_cast<double>(n);
  const auto scale = static_cast<float>(1 / std::sqrt(mean + double{norm.epsilon}));
  for (i = 0; i < n; ++i) out[i] = x[i] * scale * norm.weight[i];
}

const float* CpuBackend::normalize(const backend::Norm& norm, const float* x, std::int64_t tokens,
                                   std::int64_t dim) {
  float* out = normed_.grow(static_cast<std::size_t>(tokens * dim));
  pool_.run(tokens, [&](std::int64_t t, int) { rms_norm(norm, x + t * dim, dim, out + t * dim); });
  return out;
}

}  // namespace nybble::cpu
