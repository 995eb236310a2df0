#include "cpu/activations.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace nybble::cpu {

TEST(activations, as_int8_of_a_token_share_one_scale) {
  const std::vector<float> x{-12.7f, 0.04f, 0.06f, 3.14f, 0};
  std::vector<float> rounded(x.size());
  EXPECT_EQ(round_activations(Activations::int8_tokens, 1, x.data(), 5, rounded.data()), 0);
  const float step = 12.7f / 127;
  const float expected[] = {-127, 0, 1, 31, 0};
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_FLOAT_EQ(rounded[i], expected[i] * step);
}

TEST(activations, of_six_and_more_stay_floats_and_set_no_scale) {
  const std::vector<float> x{-6, 5.08f, 0.03f, 100.123f};
  std::vector<float> rounded(x.size());
  EXPECT_EQ(round_activations(Activations::int8_but_outliers, 1, x.data(), 4, rounded.data()), 2);
  EXPECT_EQ(rounded[0], -6);
  EXPECT_EQ(rounded[3], 100.123f);
  EXPECT_FLOAT_EQ(rounded[1], 5.08f);
  EXPECT_FLOAT_EQ(rounded[2], 1 * 5.08f / 127);
}

TEST(activations, as_float8_keep_four_bits) {
  const std::vector<float> x{448, -1.06f, 0.001f, 17.9f};
  std::vector<float> rounded(x.size());
  EXPECT_EQ(round_activations(Activations::float8_tokens, 1, x.data(), 4, rounded.data()), 0);
  EXPECT_EQ(rounded, (std::vector<float>{448, -1.0f, 0x1p-9f, 18}));
}

// Values of compressed-tensors 0.19.0: fake_quantize with scales of compute_dynamic_scales_and_zp,
// or of 0.005.
TEST(activations, as_float8_are_what_compressed_tensors_makes_of_them) {
  constexpr std::size_t places[] = {0, 1, 2, 50, 127, 128, 129, 200, 255};
  std::vector<float> x(256), rounded(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = (static_cast<float>(i * 37 % 101) - 50) / 16 * (i < 128 ? 1.0f : 0.01f);
  const auto at_places = [&](Activations how) {
    round_activations(how, 0.005f, x.data(), 256, rounded.data());
    std::vector<float> values;
    for (const std::size_t i : places) values.push_back(rounded[i]);
    return values;
  };

  EXPECT_EQ(at_places(Activations::float8_tokens),
            (std::vector<float>{-3.125f, -0.837053537f, 1.45089281f, -1.11607146f, 0.181361601f,
                                0.0244140625f, -0.0156947542f, -0.0139508927f, -0.00479561929f}));
  EXPECT_EQ(at_places(Activations::float8_groups),
            (std::vector<float>{-3.125f, -0.837053537f, 1.45089281f, -1.11607146f, 0.181361601f,
                                0.0245535728f, -0.0145089291f, -0.0145089291f, -0.00502232183f}));
  EXPECT_EQ(at_places(Activations::float8_fixed),
            (std::vector<float>{-2.24000001f, -0.799999952f, 1.43999994f, -1.12f, 0.179999992f,
                                0.0249999985f, -0.0149999997f, -0.0149999997f, -0.00499999989f}));
}

TEST(activations, the_last_group_may_be_shorter) {
  std::vector<float> x(130, 1), rounded(x.size());
  x[129] = 448;
  x[128] = 17.9f;
  round_activations(Activations::float8_groups, 1, x.data(), 130, rounded.data());
  EXPECT_FLOAT_EQ(rounded[127], 1);
  EXPECT_EQ(rounded[128], 18);
  EXPECT_EQ(rounded[129], 448);
}

TEST(activations, of_zero_and_one_alone_are_safe) {
  for (const auto how : {Activations::int8_tokens, Activations::float8_tokens,
                         Activations::float8_groups, Activations::int8_but_outliers}) {
    std::vector<float> zeros(3), outlier{7};
    round_activations(how, 1, zeros.data(), 3, zeros.data());
    EXPECT_EQ(zeros, std::vector<float>(3));
    round_activations(how, 1, outlier.data(), 1, outlier.data());
    EXPECT_FLOAT_EQ(outlier[0], 7);
  }
}

}  // namespace nybble::cpu
