// The table of functions that each ISA level exports. All levels give the same bits; the scalar one
// is the specification. Included by units with ISA flags: no standard library here.
#pragma once

#include <stdint.h>

#include "cpu/a8_block.h"

namespace nybble::cpu {

// Rows of a weight that run side by side, one in each lane; positions of the cache likewise.
constexpr int panel_rows = 32;
// Keys whose softmax is computed together. Part of the specification: the cut decides the order of
// additions.
constexpr int chunk_keys = 64;
constexpr int lanes = 16;
constexpr int any_number = 0x7fffffff;

// acc[t][lane] = fma(panel[i][lane], x[t][i], acc[t][lane]) for i = 0 ... k - 1 in this order.
// panel [k, panel_rows], x [tokens, k] with rows ldx apart, acc [tokens, panel_rows].
using Multiply = void (*)(const void* panel, int64_t k, const float* x, int64_t ldx, int64_t tokens,
                          float* acc);

// Scales, or offsets, of groups of columns, [groups][16 rows] as floats or halves; perhaps times a
// small integer for each group, or the same for several groups that follow one another.
struct A8Scales {
  const void* outer = nullptr;      // nullptr: none
  const int8_t* factors = nullptr;  // [groups][16]
  bool halves = false;
  int groups_per_outer = 1;
  int64_t other_rows = 0;  // bytes to those of the other 16 rows
};

// Offsets that are a half for 256 columns times a small integer for each group are multiplied as
// integers: A8Scales::factors are pairs of neighbouring groups then, [groups / 2][16][2].
enum A8Offsets { no_offsets, float_offsets, pair_offsets, n_a8_offsets };

// What columns a scale of the weight is for: 16, 32, or several times 32, which is
// A8Scales::groups_per_outer then.
enum A8Groups { a8_halves, a8_blocks, a8_longer, n_a8_groups };

// Two times 16 rows, some blocks of 32 columns, and all tokens (int8_multiply.h).
struct A8Product {
  const uint8_t* codes;  // of the first 16 rows
  int64_t other_codes;   // bytes to those of the other 16 rows
  A8Scales scales, offsets;
  // What codes in planes of four bits stand for, nullptr: themselves; with offsets, or scales of
  // more than 32 columns, there is none.
  const uint8_t* table;
  int zero_shift;  // a code means code - 2^zero_shift; 32: the code itself
  int64_t blocks;
  const A8Block* x;               // tiles, a8_block.h
  int64_t first_block, x_blocks;  // the first of these blocks in x; how many x has
  int64_t tokens;
  // Of x, Int8Kernels::tile(). Where that differs for many tokens, these have codes as bytes and a
  // float for each group of scales.
  int tile;
  float* acc;           // [tokens, panel_rows]
  bool begins = false;  // acc holds nothing to add to yet
};

using MultiplyA8 = void (*)(const A8Product&);
// For codes of some bits. By the groups of the weight, whether activations have a scale for each 16
// columns, and the offsets; nullptr where no format needs it.
struct A8Multiply {
  MultiplyA8 kernels[n_a8_groups][2][n_a8_offsets];
};

// How many columns share a scale when activations become int8.
enum class A8Rounding : uint8_t { halves, blocks, tokens };

struct Int8Kernels {
  // So many tokens at most take planes and scales as they stand; more share codes unpacked to bytes
  // and scales expanded to floats.
  int in_place_tokens;
  int tile_tokens, prompt_tokens;  // of A8-32 tiles, for so many tokens at most and for more
  int tile(int64_t tokens) const { return tokens > in_place_tokens ? prompt_tokens : tile_tokens; }
  // One tile of x [tokens, 32 * blocks].
  void (*quantize)(const float* x, int64_t ldx, int64_t blocks, int tokens, A8Rounding rounding,
                   A8Block* tile);
  // Blocks that run down 16 columns of x [tokens, ldx], at most 32 tokens: codes [8][16][4] plus
  // 128, scales [16], the sum of each column's codes [16]. Raises absmax [16] to the magnitudes;
  // NaN for a column that has something not finite.
  void (*quantize_columns)(const float* x, int64_t ldx, int tokens, uint8_t* codes, float* scales,
                           float* sums, float* absmax);
  // By the bits of a code: 8, or 1 ... 6 in planes, which are unpacked for each tile anew.
  A8Multiply multiply[9];
  // Planes to bytes of 16 rows, by bits; table [16]: what codes stand for; zero_shift: of the
  // codes, that of the bytes is 7 then, or 32 as before.
  void (*unpack[7])(const uint8_t* planes, const uint8_t* table, int zero_shift, int64_t blocks,
                    uint8_t* codes);
  // The opposite: codes as bytes to planes.
  void (*pack[7])(const uint8_t* codes, int64_t blocks, uint8_t* planes);
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
  // x[i] = exp(x[i]), n divisible by 16.
  void (*exponentials)(float* x, int64_t n);
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
