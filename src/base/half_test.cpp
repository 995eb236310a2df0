#include "base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/float8.h"

namespace nybble {
namespace {

// The value of a float of one sign bit, `exponent_bits` and `mantissa_bits`, from the definition of
// IEEE 754.
double value_of(unsigned bits, int exponent_bits, int mantissa_bits) {
  const double sign = (bits >> (exponent_bits + mantissa_bits)) & 1 ? -1 : 1;
  const int exponent = static_cast<int>(bits >> mantissa_bits) & ((1 << exponent_bits) - 1);
  const int mantissa = static_cast<int>(bits) & ((1 << mantissa_bits) - 1);
  const int bias = (1 << (exponent_bits - 1)) - 1;
  if (exponent == (1 << exponent_bits) - 1) {
    return mantissa == 0 ? sign * std::numeric_limits<double>::infinity() : NAN;
  }
  const double fraction = std::ldexp(mantissa, -mantissa_bits);
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias);
  return sign * std::ldexp(1 + fraction, exponent - bias);
}

bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

// Narrowing is checked at each representable value, halfway to the next, and one float to each side
// of halfway.
template <class Small>
void narrows_to_nearest_even(Small (*narrow)(float), int exponent_bits, int mantissa_bits) {
  const unsigned infinity = ((1u << exponent_bits) - 1) << mantissa_bits;
  for (unsigned bits = 0; bits < infinity; ++bits) {
    const double here = value_of(bits, exponent_bits, mantissa_bits);
    // Beyond the largest value the next step counts as if the exponent went on.
    const double above = bits + 1 < infinity
                             ? value_of(bits + 1, exponent_bits, mantissa_bits)
                             : 2 * here - value_of(bits - 1, exponent_bits, mantissa_bits);
    const double half_way = (here + above) / 2;
    const auto middle = static_cast<float>(half_way);
    ASSERT_EQ(static_cast<double>(middle), half_way);
    const unsigned even = bits % 2 == 0 ? bits : bits + 1;
    for (const unsigned sign : {0u, 0x8000u}) {
      const float s = sign == 0 ? 1.0f : -1.0f;
      ASSERT_EQ(narrow(s * static_cast<float>(here)).bits, sign | bits);
      ASSERT_EQ(narrow(s * middle).bits, sign | even);
      ASSERT_EQ(narrow(s * std::nextafter(middle, 0.0f)).bits, sign | bits);
      ASSERT_EQ(narrow(s * std::nextafter(middle, INFINITY)).bits, sign | (bits + 1));
    }
  }
  EXPECT_EQ(narrow(INFINITY).bits, infinity);
  EXPECT_EQ(narrow(-INFINITY).bits, 0x8000u | infinity);
}

}  // namespace

TEST(half, widens_all_halves_exactly) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const Half half{static_cast<std::uint16_t>(bits)};
    ASSERT_TRUE(same(to_float(half), value_of(bits, 5, 10))) << bits;
  }
}

TEST(half, widens_all_bfloats_exactly) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const Bf16 bf16{static_cast<std::uint16_t>(bits)};
    ASSERT_TRUE(same(to_float(bf16), value_of(bits, 8, 7))) << bits;
  }
}

TEST(half, narrows_to_the_nearest_half_ties_to_even) {
  narrows_to_nearest_even(to_half, 5, 10);
}

TEST(half, narrows_to_the_nearest_bfloat_ties_to_even) {
  narrows_to_nearest_even(to_bf16, 8, 7);
}

TEST(half, returns_every_small_float_unchanged) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const Half half{static_cast<std::uint16_t>(bits)};
    const Bf16 bf16{static_cast<std::uint16_t>(bits)};
    // A signalling NaN comes back quiet.
    const bool half_nan = (bits & 0x7fff) > 0x7c00, bf16_nan = (bits & 0x7fff) > 0x7f80;
    ASSERT_EQ(to_half(to_float(half)).bits, half_nan ? bits | 0x200 : bits);
    ASSERT_EQ(to_bf16(to_float(bf16)).bits, bf16_nan ? bits | 0x40 : bits);
  }
}

TEST(half, narrows_random_floats_to_a_neighbour_at_most_half_a_step_away) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 1000000; ++trial) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (std::isnan(x)) {
      ASSERT_TRUE(std::isnan(to_float(to_half(x))) && std::isnan(to_float(to_bf16(x))));
    } else if (std::fabs(x) < 65504) {
      // Half a step: 2^-11 of the value, and 2^-25 where halves are subnormal.
      ASSERT_LE(std::fabs(to_float(to_half(x)) - x), std::fmax(std::fabs(x) * 0x1p-11f, 0x1p-25f));
    }
  }
}

TEST(float8, widens_all_values_exactly) {
  for (unsigned bits = 0; bits < 256; ++bits) {
    const Float8E5M2 e5m2{static_cast<std::uint8_t>(bits)};
    ASSERT_TRUE(same(to_float(e5m2), value_of(bits, 5, 2))) << bits;

    const Float8E4M3 e4m3{static_cast<std::uint8_t>(bits)};
    // The largest exponent is an ordinary one, but for the NaN.
    double expected = value_of(bits, 4, 3);
    if ((bits & 0x78) == 0x78 && (bits & 7) != 7) {
      expected = (bits & 0x80 ? -1 : 1) * std::ldexp(1 + (bits & 7) / 8.0, 15 - 7);
    }
    if ((bits & 0x7f) == 0x7f) expected = NAN;
    ASSERT_TRUE(same(to_float(e4m3), expected)) << bits;
  }
}

}  // namespace nybble
