// Activations as the integer kernels take them (A8-32): int8 codes, in blocks of 32 along the
// columns.
#pragma once

#include <stdint.h>

namespace nybble::cpu {

constexpr int a8_len = 32;
// Blocks whose pairs share an exponent.
constexpr int a8_paired_blocks = 8;

// 32 columns of a token, with what the kernels need of them. A tile of n tokens is [blocks][n] of
// these; it starts where all blocks of the tokens before it end.
struct A8Block {
  uint8_t codes[a8_len];  // int8
  float scales[2];        // of both halves, perhaps the same
  int32_t minus_sums[3];  // -128 times the sum of the codes: of both halves, then of all
  float weighted_sum;     // of codes times their scales, of all
  // Such sums in 16 bits, over 2^exponent, of the first in the lower half: of both halves; of the
  // block before and of this one. A rest of fewer than 8 blocks has neither these nor an exponent.
  int32_t pair_of_halves;
  union {
    int32_t pair_of_blocks;  // of every second block
    float exponent;          // of the first of each 8
  };
};
static_assert(sizeof(A8Block) == 64);  // a line of the cache

// Tokens of the next tile when `left` are left: the most, then half as many and so on.
constexpr int a8_tile(int most, int64_t left) {
  int n = most;
  while (n > left) n /= 2;
  return n;
}

}  // namespace nybble::cpu
