// Encoding TQ1_0, TQ2_0, Q1_0 and Q2_0.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "formats/all.h"

namespace nybble::formats {
namespace {

template <class F>
class TernaryFormats : public testing::Test {};
using Formats = testing::Types<TQ1_0, TQ2_0>;
TYPED_TEST_SUITE(TernaryFormats, Formats);

TYPED_TEST(TernaryFormats, store_ternary_weights_exactly) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 100; ++trial) {
    float x[256], values[256];
    for (float& value : x) value = 0.375f * (static_cast<float>(random() % 3) - 1);
    TypeParam::decode(TypeParam::encode(x, nullptr), values);
    for (int i = 0; i < 256; ++i) ASSERT_EQ(values[i], x[i]);
  }
}

// Against every scale of a fine grid, with the codes nearest to it: the scale found is the best
// one, up to its rounding to fp16, which moves 256 values by at most 2^-11 of the scale.
TYPED_TEST(TernaryFormats, find_the_best_scale) {
  std::mt19937 random(2);
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<float> x(256), importance(256);
    for (float& value : x) value = static_cast<float>(random() >> 8) * 0x1p-23f - 1;
    for (float& value : importance) value = 1 + static_cast<float>(random() % 4);
    const auto error = [&](auto value_for) {
      double sum = 0;
      for (std::size_t i = 0; i < 256; ++i) {
        sum += double{importance[i]} * std::pow(double{value_for(i)} - double{x[i]}, 2);
      }
      return sum;
    };
    float values[256];
    const auto block = TypeParam::encode(x.data(), importance.data());
    TypeParam::decode(block, values);
    const double found = error([&](std::size_t i) { return values[i]; });

    double best = std::numeric_limits<double>::infinity();
    for (float scale = 0.01f; scale < 1; scale += 0.01f) {
      best = std::min(best, error([&](std::size_t i) {
                        return std::fabs(x[i]) > scale / 2 ? std::copysign(scale, x[i]) : 0;
                      }));
    }
    const double scale = to_float(block.scale);
    // The floor under the weights (level_search.h) shifts them by up to 2e-6 of the largest.
    EXPECT_LE(found, best + 4 * 256 * std::pow(0x1p-11 * scale, 2) + 4 * 256 * 2e-6);
  }
}

}  // namespace

TEST(q1_0, stores_the_mean_magnitude) {
  float x[128], values[128];
  for (int i = 0; i < 128; ++i) x[i] = i % 3 == 0 ? -0.5f : 1.0f;
  Q1_0::decode(Q1_0::encode(x, nullptr), values);
  // 43 values of 0.5 and 85 of 1; fp16 keeps 11 bits.
  const float mean = (43 * 0.5f + 85) / 128;
  for (int i = 0; i < 128; ++i) EXPECT_NEAR(values[i], std::copysign(mean, x[i]), mean * 0x1p-11f);
}

TEST(q2_0, stores_its_own_levels_with_scales_of_both_signs) {
  for (const float scale : {0.75f, -0.75f}) {
    float x[64], values[64];
    for (int i = 0; i < 64; ++i) x[i] = scale * static_cast<float>(i % 4 - 1);
    Q2_0::decode(Q2_0::encode(x, nullptr), values);
    for (int i = 0; i < 64; ++i) EXPECT_EQ(values[i], x[i]);
  }
}

TEST(one_and_two_bits, pass_nan_on) {
  std::vector<float> x(256, 1.0f);
  x[3] = std::numeric_limits<float>::quiet_NaN();
  const auto passes_nan = [&]<class F>(F) {
    float values[F::block_len];
    F::decode(F::encode(x.data(), nullptr), values);
    return std::isnan(values[3]);
  };
  EXPECT_TRUE(passes_nan(Q1_0{}));
  EXPECT_TRUE(passes_nan(Q2_0{}));
  EXPECT_TRUE(passes_nan(TQ1_0{}));
  EXPECT_TRUE(passes_nan(TQ2_0{}));
}

}  // namespace nybble::formats
