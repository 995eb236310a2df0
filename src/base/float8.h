// The 8-bit floats of the OCP specification as plain bits, with exact widening.
#pragma once

#include <bit>
#include <cstdint>

#include "base/half.h"

namespace nybble {

// 4 bits of exponent, 3 of mantissa, no infinity ("fn"): 0x7f and 0xff are NaN, the largest value
// is 448.
struct Float8E4M3 {
  std::uint8_t bits = 0;
};

// 5 bits of exponent, 2 of mantissa: the upper half of an IEEE binary16.
struct Float8E5M2 {
  std::uint8_t bits = 0;
};

constexpr float to_float(Float8E4M3 x) {
  const std::uint32_t sign = std::uint32_t{x.bits & 0x80u} << 24;
  const std::uint32_t exponent = (x.bits >> 3) & 15u;
  const std::uint32_t mantissa = x.bits & 7u;
  if (exponent == 15 && mantissa == 7) return std::bit_cast<float>(sign | 0x7fc00000u);
  if (exponent == 0) {  // zero or subnormal: mantissa * 2^-9
    const float magnitude = static_cast<float>(mantissa) * 0x1p-9f;
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
  }
  return std::bit_cast<float>(sign | ((exponent + (127 - 7)) << 23) | (mantissa << 20));
}

// The nearest value, ties to even; beyond 448 the largest, NaN stays NaN.
constexpr Float8E4M3 to_float8_e4m3(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const auto sign = static_cast<std::uint8_t>(bits >> 24 & 0x80u);
  const float magnitude = std::bit_cast<float>(bits & 0x7fffffffu);
  const auto with_sign = [sign](std::uint32_t rest) {
    return Float8E4M3{static_cast<std::uint8_t>(sign | rest)};
  };
  if (magnitude != magnitude) return with_sign(0x7f);
  if (magnitude >= 448) return with_sign(0x7e);
  if (magnitude < 0x1p-6f) {  // the float adder rounds to a multiple of 2^-9
    const float shifted = magnitude + 0x1p14f;
    return with_sign(std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(0x1p14f));
  }
  const std::uint32_t wide = std::bit_cast<std::uint32_t>(magnitude);
  const std::uint32_t rounded = wide + 0x7ffffu + (wide >> 20 & 1u);
  return with_sign((rounded - ((127u - 7u) << 23)) >> 20);
}

constexpr float to_float(Float8E5M2 x) {
  return to_float(Half{static_cast<std::uint16_t>(x.bits << 8)});
}

}  // namespace nybble
