// Arithmetic that the lattice formats IQ1, IQ2 and IQ3 share: a point of the lattice as bytes in
// one integer, its signs, and the step to floats. Plain integer operations, so that every compiler
// (nvcc included) does them in registers.
#pragma once

#include <bit>
#include <cstdint>

#include "formats/lattice_points.h"

namespace nybble::formats::lattice {

// Blocks hold little-endian numbers, and coordinate 0 of a point is the lowest byte.
static_assert(std::endian::native == std::endian::little);

constexpr std::uint32_t load_u16(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} | std::uint32_t{bytes[1]} << 8;
}

constexpr std::uint32_t load_u32(const std::uint8_t* bytes) {
  return load_u16(bytes) | load_u16(bytes + 2) << 16;
}

// Writes n bits from bit `at` of a little-endian number on.
constexpr void set_bits(std::uint8_t* bytes, int at, int n, std::uint32_t value) {
  for (int i = 0; i < n; ++i) {
    std::uint8_t& byte = bytes[(at + i) / 8];
    const unsigned mask = 1u << (at + i) % 8;
    byte = static_cast<std::uint8_t>((byte & ~mask) | (value >> i & 1u) * mask);
  }
}

// 2 n numbers of 4 bits to n bytes, the first in the low nibble.
constexpr void pack_nibbles(const std::uint8_t* numbers, int n, std::uint8_t* bytes) {
  for (int i = 0; i < n; ++i)
    bytes[i] = static_cast<std::uint8_t>(numbers[2 * i] | numbers[2 * i + 1] << 4);
}

// Eight fields of two bits to eight bytes.
constexpr std::uint64_t spread_pairs(std::uint64_t x) {
  x = (x | x << 24) & 0x000000ff000000ffu;
  x = (x | x << 12) & 0x000f000f000f000fu;
  return (x | x << 6) & 0x0303030303030303u;
}

// Eight bits to eight bytes of 0 or 1.
constexpr std::uint64_t spread_bits(std::uint64_t x) {
  x = (x | x << 28) & 0x0000000f0000000fu;
  x = (x | x << 14) & 0x0003000300030003u;
  return (x | x << 7) & 0x0101010101010101u;
}

// Four fields of four bits to four bytes.
constexpr std::uint32_t spread_nibbles(std::uint32_t x) {
  x = (x | x << 8) & 0x00ff00ffu;
  return (x | x << 4) & 0x0f0f0f0fu;
}

// Fields 0, 1, 2 stand for the magnitudes 8, 25, 43 = 8 + 17 f + [f = 2].
constexpr std::uint64_t iq2_magnitudes(std::uint32_t point) {
  const std::uint64_t fields = spread_pairs(point);
  return fields * 17 + ((fields >> 1) & 0x0101010101010101u) + 0x0808080808080808u;
}

// Fields 0 ... 7 of two points stand for 4 + 8 f, and 62 instead of 60 at the end.
constexpr std::uint64_t iq3_xxs_magnitudes(std::uint32_t low, std::uint32_t high) {
  const std::uint64_t fields = spread_nibbles(low) | std::uint64_t{spread_nibbles(high)} << 32;
  const std::uint64_t last = fields & fields >> 1 & fields >> 2 & 0x0101010101010101u;
  return fields * 8 + last * 2 + 0x0404040404040404u;
}

// Fields 0 ... 7 of two points stand for 1 + 2 f.
constexpr std::uint64_t iq3_s_magnitudes(std::uint32_t low, std::uint32_t high) {
  const std::uint64_t fields = spread_nibbles(low) | std::uint64_t{spread_nibbles(high)} << 32;
  return fields * 2 + 0x0101010101010101u;
}

// Seven stored sign bits; the eighth makes their number even.
constexpr std::uint32_t even_signs(std::uint32_t index) {
  std::uint32_t parity = index ^ index >> 4;
  parity ^= parity >> 2;
  parity ^= parity >> 1;
  return index | (parity & 1) << 7;
}

struct Coordinates {
  std::int8_t at[8];
};

// Coordinates from magnitudes (all of them > 0, so the negation carries into no neighbour) and one
// sign bit each.
constexpr Coordinates with_signs(std::uint64_t magnitudes, std::uint32_t signs) {
  const std::uint64_t ones = spread_bits(signs);
  return std::bit_cast<Coordinates>((magnitudes ^ ones * 0xff) + ones);
}

constexpr void write_scaled(const Coordinates& point, float scale, float* out) {
  for (int i = 0; i < 8; ++i) out[i] = scale * static_cast<float>(point.at[i]);
}

// IQ1: fields 0, 1, 2 stand for -1, 0, 1; all eight coordinates are shifted by 1/8 up or down.
constexpr void write_iq1(std::uint32_t point, float scale, bool down, float* out) {
  const auto fields = std::bit_cast<Coordinates>(spread_pairs(point));
  const float shift = down ? -1.125f : -0.875f;  // exact, like every sum with a field
  for (int i = 0; i < 8; ++i) out[i] = scale * (static_cast<float>(fields.at[i]) + shift);
}

}  // namespace nybble::formats::lattice
