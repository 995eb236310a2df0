// Sixteen constants and blocks of 4-bit codes: what the table formats (IQ4, MXFP4, NVFP4) share.
#pragma once

#include <cstdint>

namespace nybble::formats {

// In device code take a local constexpr copy, as decode_split_nibbles does: nvcc compiles an access
// to the table itself with an index of run time to a trap, without a warning.
struct Table16 {
  float value[16];
  constexpr float operator[](int i) const { return value[i]; }
};

// The sixteen levels of IQ4_NL and IQ4_XS. Source: ggml (MIT), kvalues_iq4nl. Do not change: stored
// in files.
inline constexpr Table16 iq4_levels = {
    {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}};

// Twice the values of FP4 E2M1; both zeros are +0. Source: OCP Microscaling Formats (MX) v1.0; ggml
// kvalues_mxfp4.
inline constexpr Table16 e2m1_doubled = {{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}};

// Their magnitudes.
inline constexpr float e2m1_magnitudes[8] = {0, 1, 2, 3, 4, 6, 8, 12};

// Code i of a group of len values: the low nibbles hold its first half, the high nibbles the
// second.
template <int len>
constexpr int split_nibble(const std::uint8_t* codes, int i) {
  return i < len / 2 ? codes[i] & 15 : codes[i - len / 2] >> 4;
}

// The inverse: codes of 4 bits, one a byte, to the layout of split_nibble.
template <int len>
constexpr void pack_split_nibbles(const std::uint8_t* codes, std::uint8_t* out) {
  for (int i = 0; i < len / 2; ++i) {
    out[i] = static_cast<std::uint8_t>(codes[i] | codes[i + len / 2] << 4);
  }
}

// Decodes one group of codes in the layout of split_nibble. The sixteen products are formed first:
// fewer multiplications, and a loop of plain loads.
template <class F>
constexpr void decode_split_nibbles(const std::uint8_t* codes, float scale, float* out) {
  constexpr int half = F::group_len / 2;
  constexpr Table16 table = F::table;
  float products[16] = {};
  for (int k = 0; k < 16; ++k) products[k] = scale * table.value[k];
  for (int i = 0; i < half; ++i) {
    out[i] = products[codes[i] & 15];
    out[i + half] = products[codes[i] >> 4];
  }
}

}  // namespace nybble::formats
