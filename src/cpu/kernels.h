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

// Scales that are products: a half for a few groups, times a small integer for each.
struct A8Levels {
  const uint16_t* outer = nullptr;          // [groups / groups_per_outer][16]
  const int8_t* factors = nullptr;          // [groups][16]
  int64_t outer_step = 0, factor_step = 0;  // how much further on those of the other 16 rows stand
  int groups_per_outer = 1;
};

// Two times 16 rows, some blocks of 32 columns, and all tokens (int8_kernels.h).
struct A8Product {
  const uint8_t* codes;             // [blocks][8][16][4] of the first 16 rows
  const float *scales, *offsets;    // [groups][16]; offsets nullptr: none
  int64_t half_codes, half_scales;  // how much further on those of the other 16 rows stand
  const uint8_t* table;             // what codes in planes stand for; nullptr: themselves
  int zero_shift;                   // a code means code - 2^zero_shift; 32: the code itself
  int64_t blocks;
  const uint8_t* x;               // A8-32 panels, a8_panels.h
  int64_t first_block, x_blocks;  // the first of these blocks in x; how many x has
  int64_t tokens;
  float* acc;  // [tokens, panel_rows]
  // Instead of scales and offsets, for kernels that take them.
  A8Levels scale_levels = {}, offset_levels = {};
};

// Of codes in planes of bits.
struct PlaneKernels {
  // To bytes of 16 rows; table [16]: what codes stand for.
  void (*unpack)(const uint8_t* planes, const uint8_t* table, int64_t blocks, uint8_t* codes);
  // As Int8Kernels::multiply, for one token and codes that are planes; the first index: whether
  // scales have two levels.
  void (*multiply_one[2][2][2])(const A8Product& product);
};

struct Int8Kernels {
  int tile_tokens;  // of A8-32 panels
  // One tile of x [tokens, 32 * blocks]; one_scale: all blocks of a token have the same.
  void (*quantize)(const float* x, int64_t ldx, int64_t blocks, int tokens, bool one_scale,
                   uint8_t* tile);
  // Blocks that run down 16 columns of x [tokens, ldx], at most 32 tokens: codes [8][16][4] plus
  // 128, scales [16], the sum of each column's codes [16]. Raises absmax [16] to the magnitudes;
  // NaN for a column that has something not finite.
  void (*quantize_columns)(const float* x, int64_t ldx, int tokens, uint8_t* codes, float* scales,
                           float* sums, float* absmax);
  // By whether groups have 16 columns (else 32), and whether they have offsets.
  void (*multiply[2][2])(const A8Product& product);
  PlaneKernels planes[7];  // by the bits of a code, 1 ... 6
  // scales[i][lane] = halves[lane] * factors[i][lane]
  void (*expand_scales)(const uint16_t* halves, const int8_t* factors, int64_t n, float* scales);
  void (*widen_halves)(const uint16_t* halves, int64_t n, float* floats);  // n divisible by 16
  // Products in registers, for the peak of the machine: returns how many for so many rounds.
  int64_t (*repeat_dots)(int64_t rounds);
};

struct Kernels {
  const char* name;
  Int8Kernels int8;
  // By the type of the panel's elements.
  Multiply multiply_f32, multiply_f16, multiply_bf16, multiply_int8;
  // sums[q][lane] = fma(products[q][lane], scales[lane], sums[q][lane]) for a panel's 32.
  void (*add_scaled)(const float* products, const float* scales, int64_t n, float* sums);
  // x[i] = exp(x[i]) for 16 lanes.
  void (*exponentials)(float* x);
  // scores [chunk_keys]: those in [first, last) become exp(scale * score - *max), the others 0;
  // returns their sum. Lane l adds scores l, l + 16, l + 32, l + 48; then the upper half of the
  // lanes is added to the lower until one is left.
  float (*softmax_chunk)(float* scores, int first, int last, float scale, float* max);
  // values[i] = values[i] * before + products[i] * piece for a panel's 32, each rounded.
  void (*merge_panel)(float* values, float before, const float* products, float piece);
  // out[i] = silu(gate[i]) * up[i], n divisible by 16. out may be gate.
  void (*silu_multiply)(const float* gate, const float* up, int64_t n, float* out);
  int64_t (*repeat_fmas)(int64_t rounds);  // as repeat_dots
};

}  // namespace nybble::cpu
