// Activations as the integer kernels take them (A8-32): int8 codes, in blocks of 32 along the
// columns, with what the kernels need of each block, token by token in tiles.
#pragma once

#include <stdint.h>

namespace nybble::cpu {

constexpr int a8_len = 32;

// A tile of n tokens holds for each block of columns, without gaps:
//   int8 codes [8][n][4]   columns 4g ... 4g + 3 of each token
//   float scales [n]
//   int32 sums [3][n]      minus the sum of the codes: of both halves, then of all
//   float weighted [3][n]  scale times the sum of the codes, likewise
// A tile starts where all blocks of the tokens before it end.
constexpr int64_t a8_token_bytes = a8_len + 4 + 3 * 4 + 3 * 4;

// One block of a tile.
template <class Byte, class Int, class Float>
struct A8BlockOf {
  Byte* codes;
  Float* scales;
  Int* negative_sums;
  Float* weighted_sums;

  A8BlockOf(Byte* block, int n)
      : codes(block),
        scales(reinterpret_cast<Float*>(block + a8_len * n)),
        negative_sums(reinterpret_cast<Int*>(scales + n)),
        weighted_sums(reinterpret_cast<Float*>(negative_sums + 3 * n)) {}
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
