#include "gradients/gate.h"

#include <algorithm>

namespace nybble::gradients {
namespace {

constexpr std::int64_t piece = 4096;

// Calls action(first, n) for pieces of a multiple of the kernels' lanes, the last one perhaps less.
template <class Action>
void for_pieces(std::int64_t n, ThreadPool& pool, const Action& action) {
  pool.run((n + piece - 1) / piece,
           [&](std::int64_t i, int) { action(i * piece, std::min(piece, n - i * piece)); });
}

// sigmoid(x) of `lanes` values.
void sigmoids(const float* x, float* out, const cpu::Kernels& kernels) {
  for (int i = 0; i < cpu::lanes; ++i) out[i] = -x[i];
  kernels.exponentials(out);
  for (int i = 0; i < cpu::lanes; ++i) out[i] = 1 / (1 + out[i]);
}

// Calls action(at, width, gate, sigmoid of gate) for `lanes` values at a time, the last ones fewer.
template <class Action>
void for_lanes(const float* gate, std::int64_t n, const cpu::Kernels& kernels, ThreadPool& pool,
               const Action& action) {
  for_pieces(n, pool, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t at = first; at < first + count; at += cpu::lanes) {
      const std::int64_t width = std::min<std::int64_t>(cpu::lanes, first + count - at);
      float x[cpu::lanes] = {}, share[cpu::lanes];
      std::copy_n(gate + at, width, x);
      sigmoids(x, share, kernels);
      action(at, width, x, share);
    }
  });
}

}  // namespace

void gate_multiply(const float* gate, const float* up, std::int64_t n, float* out,
                   const cpu::Kernels& kernels, ThreadPool& pool) {
  for_lanes(gate, n, kernels, pool,
            [&](std::int64_t at, std::int64_t width, const float* x, const float* share) {
              for (std::int64_t i = 0; i < width; ++i) out[at + i] = x[i] * share[i] * up[at + i];
            });
}

// With s = sigmoid(g): d silu(g) = s (1 + g (1 - s)).
void gate_multiply_back(const float* d_out, std::int64_t n, float* gate, float* up,
                        const cpu::Kernels& kernels, ThreadPool& pool) {
  for_lanes(gate, n, kernels, pool,
            [&](std::int64_t at, std::int64_t width, const float* x, const float* share) {
              for (std::int64_t i = 0; i < width; ++i) {
                gate[at + i] = d_out[at + i] * up[at + i] * share[i] * (1 + x[i] * (1 - share[i]));
                up[at + i] = d_out[at + i] * x[i] * share[i];
              }
            });
}

}  // namespace nybble::gradients
