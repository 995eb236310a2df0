// What holds for the encoder of every format of the list.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "base/half.h"
#include "formats/encoder_inputs.h"
#include "formats/lattice_format.h"
#include "formats/registry.h"
#include "formats/typed_test_lists.h"

namespace nybble::formats {
namespace {

using Written = Selected<[]<class F>() { return Encodable<F> && (F::block_len != 1); }>;
using WrittenAffine = Selected<[]<class F>() { return Encodable<F> && AffineFormat<F>; }>;

using WrittenTwoLevel = Selected<[]<class F>() {
  if constexpr (Encodable<F> && AffineFormat<F>) return F::group_len != F::block_len;
  return false;
}>;

// The step of plain rounding with one scale for the whole block: symmetric about 0, or over the
// range with an offset.
template <class F>
float plain_step(const std::vector<float>& x) {
  const float low = std::min(0.0f, *std::min_element(x.begin(), x.end()));
  const float high = std::max(0.0f, *std::max_element(x.begin(), x.end()));
  const CodeRange codes = code_range<F>();
  const bool is_symmetric = F::zero != 0 || codes.least < 0;
  return (is_symmetric ? std::max(high, -low) : high - low) /
         static_cast<float>(codes.most - F::zero);
}

float nearest(float x, float step, float least, float most) {
  return step == 0 ? 0 : std::clamp(std::nearbyint(x / step), least, most);
}

// The squared error of plain rounding with a grid of its own for each group, from the absmax or the
// range: its scale and offset rounded to sub-scales of the largest ones, which are rounded to
// halves.
template <class F>
double error_of_plain_groups(const std::vector<float>& x) {
  constexpr int n = F::block_len / F::group_len;
  const CodeRange codes = code_range<F>();
  const auto most = static_cast<float>(codes.most - F::zero);
  const float least = static_cast<float>(codes.least - F::zero), max_sub = largest_sub<F>();
  float scale[n], offset[n], largest_scale = 0, largest_offset = 0;
  for (int g = 0; g < n; ++g) {
    const auto [low, high] =
        std::minmax_element(x.data() + g * F::group_len, x.data() + (g + 1) * F::group_len);
    offset[g] = F::zero == 0 ? std::max(-*low, 0.0f) : 0;
    scale[g] = (F::zero == 0 ? *high + offset[g] : std::max(-*low, *high)) / most;
    largest_scale = std::max(largest_scale, scale[g]);
    largest_offset = std::max(largest_offset, offset[g]);
  }
  const float block_scale = to_float(to_half(largest_scale / max_sub));
  const float block_offset = to_float(to_half(largest_offset / max_sub));
  double error = 0;
  for (int i = 0; i < F::block_len; ++i) {
    const int g = i / F::group_len;
    const float s = block_scale * nearest(scale[g], block_scale, 0, max_sub);
    const float o = block_offset * nearest(offset[g], block_offset, 0, max_sub);
    const float value = x[static_cast<std::size_t>(i)];
    const double rest = value - (s * nearest(value + o, s, least, most) - o);
    error += rest * rest;
  }
  return error;
}

}  // namespace

template <class F>
class EveryEncoder : public ::testing::Test {};
TYPED_TEST_SUITE(EveryEncoder, Written, FormatName);

template <class F>
class EveryAffineEncoder : public ::testing::Test {};
TYPED_TEST_SUITE(EveryAffineEncoder, WrittenAffine, FormatName);

template <class F>
class EveryTwoLevelEncoder : public ::testing::Test {};
TYPED_TEST_SUITE(EveryTwoLevelEncoder, WrittenTwoLevel, FormatName);

TYPED_TEST(EveryEncoder, gives_finite_values_and_the_same_bytes_again) {
  // Of lattices a part: every point is tried for every value.
  const std::size_t step = LatticeFormat<TypeParam> ? 8 : 1;
  for (const float unit : {1.0f, 1e-3f, 1e-7f, 1e-20f, 1e-38f, 0x1p-149f, 1e4f}) {
    std::vector<Input> all = inputs(TypeParam::block_len);
    for (std::size_t i = 0; i < all.size(); i += step) {
      Input& input = all[i];
      for (float& x : input.x) x *= unit;
      const auto block = TypeParam::encode(input.x.data(), nullptr);
      const auto again = TypeParam::encode(input.x.data(), nullptr);
      ASSERT_EQ(std::memcmp(&block, &again, sizeof(block)), 0);
      for (float y : through<TypeParam>(input.x)) {
        ASSERT_TRUE(std::isfinite(y)) << input.name << " times " << unit;
      }
    }
  }
}

TYPED_TEST(EveryEncoder, keeps_zero) {
  for (float y : through<TypeParam>(std::vector<float>(TypeParam::block_len))) EXPECT_EQ(y, 0);
}

TYPED_TEST(EveryAffineEncoder, stays_finite_for_the_largest_floats) {
  for (Input& input : inputs(TypeParam::block_len)) {
    float largest = 0;
    for (float x : input.x) largest = std::max(largest, std::fabs(x));
    if (largest == 0) continue;
    for (float& x : input.x) x = x / largest * 3e38f;
    for (float y : through<TypeParam>(input.x)) ASSERT_TRUE(std::isfinite(y)) << input.name;
  }
}

// The search includes plain rounding with one scale for the whole block, whose errors are at most
// half a step, plus what storing scale and offset costs: each is off by at most scale_error() of
// itself, over values up to the largest.
TYPED_TEST(EveryAffineEncoder, leaves_at_most_the_error_of_plain_rounding) {
  const std::vector<float> ones(TypeParam::block_len, 1.0f);
  for (const Input& input : inputs(TypeParam::block_len)) {
    float largest = 0;
    for (float x : input.x) largest = std::max(largest, std::fabs(x));
    const double each = plain_step<TypeParam>(input.x) / 2 + 2 * largest * scale_error<TypeParam>();

    const double error = squared_error(input.x, through<TypeParam>(input.x, ones.data()), ones);

    EXPECT_LE(error, TypeParam::block_len * each * each) << input.name;
  }
}

// A thousandth more: the encoder compares sums of floats, and the error of blocks that are nearly
// exact is noise.
TYPED_TEST(EveryTwoLevelEncoder, never_loses_to_plain_rounding_of_groups) {
  const std::vector<float> ones(TypeParam::block_len, 1.0f);
  for (const Input& input : inputs(TypeParam::block_len)) {
    const double squares = squared_error(input.x, std::vector<float>(input.x.size()), ones);
    const double error = squared_error(input.x, through<TypeParam>(input.x, ones.data()), ones);

    EXPECT_LE(error, 1.001 * error_of_plain_groups<TypeParam>(input.x) + 1e-12 * squares)
        << input.name;
  }
}

TYPED_TEST(EveryAffineEncoder, weighs_errors_by_importance) {
  std::mt19937 random(8);
  std::exponential_distribution<float> exponential;
  double with = 0, without = 0;
  for (const Input& input : inputs(TypeParam::block_len)) {
    std::vector<float> importance(TypeParam::block_len);
    for (float& weight : importance) weight = std::pow(exponential(random), 3.0f);
    const double scale = squared_error(input.x, std::vector<float>(input.x.size()), importance);
    if (scale == 0) continue;
    with +=
        squared_error(input.x, through<TypeParam>(input.x, importance.data()), importance) / scale;
    without += squared_error(input.x, through<TypeParam>(input.x), importance) / scale;
  }
  // Ternary and 8-bit formats are rounded by absmax, whatever the importance.
  const int most = code_range<TypeParam>().most;
  if (most == 2 || most == 127) {
    EXPECT_LE(with, without);
  } else {
    EXPECT_LT(with, without);
  }
}

TYPED_TEST(EveryAffineEncoder, takes_importance_of_zero) {
  const std::vector<float> none(TypeParam::block_len, 0.0f);
  for (const Input& input : inputs(TypeParam::block_len)) {
    for (float y : through<TypeParam>(input.x, none.data())) ASSERT_TRUE(std::isfinite(y));
  }
}

}  // namespace nybble::formats
