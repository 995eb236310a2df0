#include "gradients/gate.h"

#include <algorithm>

namespace nybble::gradients {
namespace {

constexpr std::int64_t piece = 4096;

// Calls action(i, sigmoid(gate[i])) for all of them.
template <class Action>
void for_sigmoids(const float* gate, std::int64_t n, const cpu::Kernels& kernels, ThreadPool& pool,
                  const Action& action) {
  pool.run((n + piece - 1) / piece, [&](std::int64_t item, int) {
    const std::int64_t first = item * piece, count = std::min(piece, n - first);
    const std::int64_t padded = (count + cpu::lanes - 1) / cpu::lanes * cpu::lanes;
    float powers[piece];
    for (std::int64_t i = 0; i < count; ++i) powers[i] = -gate[first + i];
    std::fill(powers + count, powers + padded, 0.0f);
    kernels.exponentials(powers, padded);
    for (std::int64_t i = 0; i < count; ++i) action(first + i, 1 / (1 + powers[i]));
  });
}

}  // namespace

void gate_multiply(const float* gate, const float* up, std::int64_t n, float* out,
                   const cpu::Kernels& kernels, ThreadPool& pool) {
  for_sigmoids(gate, n, kernels, pool,
               [&](std::int64_t i, float share) { out[i] = gate[i] * share * up[i]; });
}

// With s = sigmoid(g): d silu(g) = s (1 + g (1 - s)).
void gate_multiply_back(const float* d_out, std::int64_t n, float* gate, float* up,
                        const cpu::Kernels& kernels, ThreadPool& pool) {
  for_sigmoids(gate, n, kernels, pool, [&](std::int64_t i, float share) {
    const float x = gate[i];
    gate[i] = d_out[i] * up[i] * share * (1 + x * (1 - share));
    up[i] = d_out[i] * x * share;
  });
}

}  // namespace nybble::gradients
