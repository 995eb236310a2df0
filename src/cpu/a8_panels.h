// Activations as the integer kernels take them (A8-32): int8 codes, in blocks of 32 along the
// columns, with what the kernels need of each block, token by token in tiles.
#pragma once

#include <stdint.h>

namespace nybble::cpu {

constexpr int a8_len = 32;
// Blocks whose pairs share an exponent.
constexpr int a8_paired_blocks = 8;

// A tile of n tokens holds for each block of columns, without gaps:
//   int8 codes [8][n][4]       columns 4g ... 4g + 3 of each token
//   float scales [2][n]        of both halves of the block, perhaps the same
//   int32 minus_sums [3][n]    -128 times the sum of the codes: of both halves, then of all
//   float weighted_sums [n]    sums of codes times their scales, of all
//   int16 pairs [2][n][2]      such sums in 16 bits, over 2^exponent: of both halves of the block;
//                              of the block before and of this one, in every second block
// Of each 8 blocks the first has float exponents [n] in place of its second row of pairs. A rest of
// fewer than 8 has neither.
// A tile starts where all blocks of the tokens before it end.
constexpr int64_t a8_token_bytes = a8_len + 2 * 4 + 3 * 4 + 4 + 2 * 4;

// One block of a tile.
template <class Byte, class Int, class Float>
struct A8BlockOf {
  Byte* codes;
  Float* scales;
  Int* minus_sums;
  Float* weighted_sums;
  Int* pairs;  // the first of two in the lower half of each

  A8BlockOf(Byte* block, int n)
      : codes(block),
        scales(reinterpret_cast<Float*>(block + a8_len * n)),
        minus_sums(reinterpret_cast<Int*>(scales + 2 * n)),
        weighted_sums(reinterpret_cast<Float*>(minus_sums + 3 * n)),
        pairs(reinterpret_cast<Int*>(weighted_sums + n)) {}
  Float* exponents(int n) const { return reinterpret_cast<Float*>(pairs + n); }
};
using A8Block = A8BlockOf<uint8_t, int32_t, float>;
using ConstA8Block = A8BlockOf<const uint8_t, const int32_t, const float>;

// Tokens of the next tile when `left` are left: the most, then half as many and so on.
constexpr int a8_tile(int most, int64_t left) {
  int n = most;
  while (n > left) n /= 2;
  return n;
}

}  // namespace nybble::cpu
