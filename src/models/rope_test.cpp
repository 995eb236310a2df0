#include "models/rope.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nybble::models {
namespace {

RopeConfig plain() {
  RopeConfig rope;
  rope.rotary_dim = 8;
  rope.base = 10000;
  return rope;
}

}  // namespace

TEST(rope, turns_pair_i_by_base_to_the_minus_2i_over_n) {
  EXPECT_EQ(rope_frequencies(plain(), 100).frequencies,
            (std::vector<float>{1.0f, 0.1f, 0.01f, 0.001f}));
}

TEST(rope, divides_by_the_linear_factor_and_by_the_divisors) {
  RopeConfig rope = plain();
  rope.scaling = RopeScaling::linear;
  rope.factor = 4;
  rope.frequency_divisors = {1, 1, 2, 5};

  EXPECT_EQ(rope_frequencies(rope, 100).frequencies,
            (std::vector<float>{0.25f, 0.025f, 0.00125f, 0.00005f}));
}

TEST(rope, stretches_dynamically_only_beyond_the_trained_context) {
  RopeConfig rope = plain();
  rope.scaling = RopeScaling::dynamic;
  rope.factor = 2;
  rope.original_context = 100;

  EXPECT_EQ(rope_frequencies(rope, 100).frequencies, rope_frequencies(plain(), 100).frequencies);
  // base * (2 * 200 / 100 - 1) ^ (8 / 6)
  const double base = 10000 * std::pow(3.0, 8.0 / 6);
  EXPECT_EQ(rope_frequencies(rope, 200).frequencies[3],
            static_cast<float>(std::pow(base, -6.0 / 8)));
}

TEST(rope, takes_the_list_of_longrope_that_fits_the_context) {
  RopeConfig rope = plain();
  rope.scaling = RopeScaling::longrope;
  rope.original_context = 100;
  rope.short_divisors = {1, 1, 1, 1};
  rope.long_divisors = {1, 2, 4, 8};

  EXPECT_EQ(rope_frequencies(rope, 100).frequencies, rope_frequencies(plain(), 100).frequencies);
  EXPECT_EQ(rope_frequencies(rope, 101).frequencies[3], 0.001f / 8);
}

TEST(rope, multiplies_angles_with_the_attention_factor) {
  RopeConfig rope = plain();
  rope.attention_factor = 2;
  std::vector<float> cos(8), sin(8);

  rope_angles(rope_frequencies(rope, 100), 3, 2, cos, sin);

  EXPECT_EQ(cos[0], 2 * static_cast<float>(std::cos(3.0)));
  EXPECT_EQ(sin[4], 2 * static_cast<float>(std::sin(4.0)));
  EXPECT_EQ(sin[5], 2 * static_cast<float>(std::sin(double{4 * 0.1f})));
}

TEST(rope, keeps_short_waves_and_divides_long_ones_for_llama3) {
  const std::vector<float> divisors = llama3_divisors({8, 1, 4, 8192}, 500000, 128);

  ASSERT_EQ(divisors.size(), 64u);
  EXPECT_EQ(divisors.front(), 1);
  EXPECT_EQ(divisors.back(), 8);
  EXPECT_TRUE(std::is_sorted(divisors.begin(), divisors.end()));
}

}  // namespace nybble::models
