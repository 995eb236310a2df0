// What holds for formats of sixteen levels: decoding by their description, and encoding.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "formats/all.h"

namespace nybble::formats {
namespace {

template <class F>
class EveryTableFormat : public testing::Test {};
using TableFormats = testing::Types<IQ4_NL, IQ4_XS, MXFP4, NVFP4, NF4, FP4>;
TYPED_TEST_SUITE(EveryTableFormat, TableFormats);

// Sums of eight uniform numbers: about normal, the same on every machine, standard deviation about
// 0.8 * scale.
std::vector<float> random_values(std::mt19937& random, int n, float scale) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& value : values) {
    float sum = -4;
    for (int i = 0; i < 8; ++i) sum += static_cast<float>(random() >> 8) * 0x1p-24f;
    value = sum * scale;
  }
  return values;
}

TYPED_TEST(EveryTableFormat, decodes_by_the_formula_bit_for_bit) {
  using F = TypeParam;
  std::mt19937 random(1);
  for (int trial = 0; trial < 100; ++trial) {
    unsigned char bytes[sizeof(typename F::Block)];
    for (auto& byte : bytes) byte = static_cast<unsigned char>(random() & 0x3f);  // finite scales
    const auto block = std::bit_cast<typename F::Block>(bytes);

    float values[F::block_len];
    F::decode(block, values);

    for (int i = 0; i < F::block_len; ++i) {
      const float expected = F::group_scale(block, i / F::group_len) * F::table[F::code(block, i)];
      ASSERT_EQ(std::bit_cast<std::uint32_t>(values[i]), std::bit_cast<std::uint32_t>(expected));
    }
  }
}

// For the scale that was stored no other level is nearer. The slack is the rounding of x / unit, of
// the quotient by the scale and of the products: fewer than 8 roundings of numbers up to 127 scales
// or |x|.
TYPED_TEST(EveryTableFormat, encodes_each_value_with_the_nearest_level) {
  using F = TypeParam;
  std::mt19937 random(2);
  for (int trial = 0; trial < 200; ++trial) {
    const auto x = random_values(random, F::block_len, 3);
    const auto block = F::encode(x.data(), nullptr);
    for (int i = 0; i < F::block_len; ++i) {
      const double value = x[static_cast<std::size_t>(i)];
      const double scale = F::group_scale(block, i / F::group_len);
      double nearest = std::numeric_limits<double>::infinity();
      for (int code = 0; code < 16; ++code) {
        nearest = std::min(nearest, std::fabs(value - scale * double{F::table[code]}));
      }
      const double found = std::fabs(value - scale * double{F::table[F::code(block, i)]});
      const double slack = 8 * 0x1p-24 * (127 * std::fabs(scale) + std::fabs(value));
      ASSERT_LE(found, nearest + slack) << "value " << i;
    }
  }
}

TYPED_TEST(EveryTableFormat, encodes_zeros_as_zeros) {
  using F = TypeParam;
  const std::vector<float> zeros(F::block_len);
  float values[F::block_len];
  F::decode(F::encode(zeros.data(), nullptr), values);
  for (const float value : values) EXPECT_EQ(value, 0);
}

TYPED_TEST(EveryTableFormat, encodes_values_of_any_size_as_finite_ones) {
  using F = TypeParam;
  std::mt19937 random(3);
  for (const float scale : {1e-42f, 1e-30f, 1e-6f, 1e6f, 1e30f, 8e37f}) {
    const auto x = random_values(random, F::block_len, scale);
    float values[F::block_len];
    F::decode(F::encode(x.data(), nullptr), values);
    for (const float value : values) EXPECT_TRUE(std::isfinite(value));
  }
}

TYPED_TEST(EveryTableFormat, spends_its_error_where_importance_is_low) {
  using F = TypeParam;
  std::mt19937 random(4);
  double with = 0, without = 0;
  for (int trial = 0; trial < 100; ++trial) {
    const auto x = random_values(random, F::block_len, 3);
    std::vector<float> importance(F::block_len, 1.0f);
    for (std::size_t i = 0; i < importance.size(); i += 4) importance[i] = 100;
    float informed[F::block_len], uninformed[F::block_len];
    F::decode(F::encode(x.data(), importance.data()), informed);
    F::decode(F::encode(x.data(), nullptr), uninformed);
    for (std::size_t i = 0; i < x.size(); ++i) {
      with += double{importance[i]} * std::pow(double{informed[i]} - double{x[i]}, 2);
      without += double{importance[i]} * std::pow(double{uninformed[i]} - double{x[i]}, 2);
    }
  }
  EXPECT_LT(with, without);
}

}  // namespace

// Every try of the search is matched or beaten: an independent sum in double over the tries, with
// the best scale for each, bounds the error of the block. Rounding the scale to fp16 adds at most
// curvature * (2^-11 scale)^2; the sums in float over 32 values lose at most 32 roundings of x^2.
TEST(iq4_nl, is_no_worse_than_any_try_of_its_search) {
  std::mt19937 random(5);
  for (int trial = 0; trial < 200; ++trial) {
    const auto x = random_values(random, 32, 1);
    double mean_square = 0, largest = 0, total = 0;
    for (const float value : x) {
      mean_square += double{value} * double{value} / 32;
      largest = std::max(largest, std::fabs(double{value}));
    }
    const auto weight = [&](double value) { return mean_square + value * value; };
    const auto nearest = [](double value) {
      double best = iq4_levels[0];
      for (const double level : iq4_levels.value) {
        if (std::fabs(value - level) < std::fabs(value - best)) best = level;
      }
      return best;
    };
    double bound = std::numeric_limits<double>::infinity(), rounding = 0;
    for (double target = 92; target < 160; target *= 1.04) {
      for (const double sign : {-1, 1}) {
        double xx = 0, qx = 0, qq = 0;
        for (const double value : x) {
          const double level = nearest(sign * target / largest * value);
          xx += weight(value) * value * value;
          qx += weight(value) * level * value;
          qq += weight(value) * level * level;
        }
        bound = std::min(bound, xx - qx * qx / qq);
        rounding = std::max(rounding, 0x1p-22 * qx * qx / qq + 64 * 0x1p-24 * xx);
      }
    }

    float values[32];
    IQ4_NL::decode(IQ4_NL::encode(x.data(), nullptr), values);

    for (std::size_t i = 0; i < 32; ++i) {
      total += weight(x[i]) * std::pow(double{values[i]} - double{x[i]}, 2);
    }
    ASSERT_LE(total, bound + rounding);
  }
}

TEST(iq4_xs, keeps_group_scales_within_half_a_sub_scale) {
  std::mt19937 random(6);
  std::vector<float> x = random_values(random, 256, 1);
  for (std::size_t i = 0; i < 256; ++i) x[i] *= static_cast<float>(1 + i / 32);  // scales 1 ... 8

  float values[256], alone[32];
  IQ4_XS::decode(IQ4_XS::encode(x.data(), nullptr), values);

  // A group alone has the error e. Within the block its scale is off by at most half a step, 1/48
  // of the largest scale, so each value moves by at most 127/48 of that scale: a bound for what
  // sharing a scale may cost.
  float largest_scale = 0;
  for (std::size_t g = 0; g < 8; ++g) {
    const auto block = IQ4_NL::encode(x.data() + 32 * g, nullptr);
    largest_scale = std::max(largest_scale, std::fabs(to_float(block.scale)));
  }
  for (std::size_t g = 0; g < 8; ++g) {
    IQ4_NL::decode(IQ4_NL::encode(x.data() + 32 * g, nullptr), alone);
    double error = 0, error_alone = 0;
    for (std::size_t i = 0; i < 32; ++i) {
      error += std::pow(double{values[32 * g + i]} - double{x[32 * g + i]}, 2);
      error_alone += std::pow(double{alone[i]} - double{x[32 * g + i]}, 2);
    }
    const double moved = 127.0 / 48 * double{largest_scale};
    EXPECT_LE(std::sqrt(error / 32), std::sqrt(error_alone / 32) + moved);
  }
}

TEST(iq4_nl, passes_nan_on) {
  std::vector<float> x(32, 1.0f);
  x[7] = std::numeric_limits<float>::quiet_NaN();
  float values[32];
  IQ4_NL::decode(IQ4_NL::encode(x.data(), nullptr), values);
  EXPECT_TRUE(std::isnan(values[7]));
}

// Powers of two times a whole number of half units up to 6 units are in the format.
TEST(mxfp4, stores_its_own_values_exactly) {
  const float x[32] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0.5f, -1, -1.5f, -2, -3, -4, -6, 6};
  float values[32];
  MXFP4::decode(MXFP4::encode(x, nullptr), values);
  for (int i = 0; i < 32; ++i) EXPECT_EQ(values[i], x[i]);
}

TEST(nvfp4, stores_its_own_values_exactly) {
  float x[64] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0.5f, -1, -1.5f, -2, -3, -4, -6, 6};
  for (int i = 0; i < 16; ++i) {
    x[16 + i] = x[i] * 0.875f;
    x[32 + i] = x[i] * 288;
  }
  float values[64];
  NVFP4::decode(NVFP4::encode(x, nullptr), values);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(values[i], x[i]);
}

}  // namespace nybble::formats
