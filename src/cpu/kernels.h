// The table of functions that each ISA level exports. All levels give the same bits; the scalar one
// is the specification. Included by units with ISA flags: no standard library here.
#pragma once

#include <stdint.h>

namespace nybble::cpu {

// Rows of a weight that run side by side, one in each lane; positions of the cache likewise.
constexpr int panel_rows = 32;
// Keys whose softmax is computed together. Part of the specification: the cut decides the order of
// additions.
constexpr int chunk_keys = 64;
constexpr int lanes = 16;

// acc[t][lane] = fma(panel[i][lane], x[t][i], acc[t][lane]) for i = 0 ... k - 1 in this order.
// panel [k, panel_rows], x [tokens, k] with rows ldx apart, acc [tokens, panel_rows].
using Multiply = void (*)(const void* panel, int64_t k, const float* x, int64_t ldx, int64_t tokens,
                          float* acc);

struct Kernels {
  const char* name;
  Multiply multiply_f32, multiply_f16, multiply_bf16;  // by the type of the panel's elements
  // x[i] = exp(x[i]) for 16 lanes.
  void (*exponentials)(float* x);
  // scores [chunk_keys]: those in [first, last) become exp(scale * score - *max), the others 0;
  // returns their sum. Lane l adds scores l, l + 16, l + 32, l + 48; then the upper half of the
  // lanes is added to the lower until one is left.
  float (*softmax_chunk)(float* scores, int first, int last, float scale, float* max);
  // out[i] = silu(gate[i]) * up[i], n divisible by 16. out may be gate.
  void (*silu_multiply)(const float* gate, const float* up, int64_t n, float* out);
};

}  // namespace nybble::cpu
