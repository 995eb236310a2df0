// Scales quantized in turn.
#include "packing/double_quantization.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "base/error_check.h"

namespace nybble::packing {
namespace {

std::vector<float> decoded(const DoubleQuantized& quantized) {
  return decode_scales(quantized, dynamic_map(), nested_block_len);
}

std::vector<float> random_scales(std::mt19937& random, std::size_t n, float spread) {
  std::vector<float> scales(n);
  std::normal_distribution<float> normal;
  for (float& scale : scales) scale = 0.05f * std::exp(spread * normal(random));
  return scales;
}

// The decoded scales alone lead back to themselves, bit for bit.
void expect_found_again(const std::vector<float>& scales) {
  const std::vector<float> once = decoded(quantize_scales(scales));
  const auto found = find_double_quantization(once);
  ASSERT_TRUE(found.has_value());
  const std::vector<float> again = decoded(*found);
  ASSERT_EQ(once.size(), again.size());
  for (std::size_t i = 0; i < once.size(); ++i)
    ASSERT_EQ(std::bit_cast<std::uint32_t>(once[i]), std::bit_cast<std::uint32_t>(again[i])) << i;
}

}  // namespace

TEST(double_quantization, map_has_the_levels_of_bitsandbytes) {
  const auto& map = dynamic_map();

  // The last decade has 64 equal steps from 0.1 to 1, the first one step from 1e-7 to 1e-6.
  EXPECT_EQ(map[255], 1.0f);
  EXPECT_NEAR(map[254], 1 - 0.9 / 128, 1e-7);
  EXPECT_EQ(map[0], -map[254]);
  EXPECT_EQ(map[127], 0.0f);
  EXPECT_NEAR(map[128], 0.55e-6, 1e-13);
  EXPECT_EQ(map[126], -map[128]);
  EXPECT_TRUE(std::ranges::is_sorted(map));
  EXPECT_EQ(std::ranges::adjacent_find(map), map.end());
}

TEST(double_quantization, decodes_by_the_formula) {
  const DoubleQuantized quantized{0.5f, {2, 4}, {255, 127, 255}};

  EXPECT_EQ(decode_scales(quantized, dynamic_map(), 2), (std::vector<float>{2.5f, 0.5f, 4.5f}));
}

TEST(double_quantization, is_found_again_from_decoded_scales) {
  std::mt19937 random(1);
  for (const float spread : {0.0f, 1e-7f, 1e-6f, 1e-5f, 1e-4f, 1e-3f, 0.01f, 0.3f, 1.0f, 3.0f}) {
    for (const std::size_t n : {1u, 2u, 3u, 255u, 256u, 257u, 1000u, 4099u}) {
      for (int trial = 0; trial < 10; ++trial) expect_found_again(random_scales(random, n, spread));
    }
  }
}

TEST(double_quantization, leaves_decoded_scales_as_they_are) {
  std::mt19937 random(5);
  for (int trial = 0; trial < 20; ++trial) {
    const std::vector<float> once = decoded(quantize_scales(random_scales(random, 700, 0.3f)));

    EXPECT_EQ(decoded(quantize_scales(once)), once);
  }
}

TEST(double_quantization, is_found_again_from_unusual_scales) {
  expect_found_again({});
  expect_found_again({0, 0, 0});
  expect_found_again({0, 0, 1});
  expect_found_again({0, 1, 1, 1e-30f});
  expect_found_again({-1, 2, -3, 0.5f});
  expect_found_again({1e-38f, 2e-38f, 3e-38f, 1e-41f});
  expect_found_again({1e30f, 1, 1e-30f});
  std::mt19937 random(2);
  std::vector<float> scales = random_scales(random, 2000, 0.3f);
  for (std::size_t i = 0; i < scales.size(); i += 3) scales[i] = 0;  // blocks of zeros
  expect_found_again(scales);
  scales[77] = 100;
  expect_found_again(scales);
}

// Steps of the last decade are 0.9 / 64 of absmax, which is at most 1 + 1/128 of the largest
// distance from the offset; the last places of scales that are near to each other come on top.
TEST(double_quantization, errs_by_half_a_step_at_most) {
  std::mt19937 random(3);
  const std::vector<float> scales = random_scales(random, 256, 0.3f);
  const DoubleQuantized quantized = quantize_scales(scales);
  float farthest = 0;
  for (const float scale : scales)
    farthest = std::max(farthest, std::fabs(scale - quantized.offset));

  const std::vector<float> rounded = decoded(quantized);

  for (std::size_t i = 0; i < scales.size(); ++i)
    EXPECT_NEAR(rounded[i], scales[i], farthest * (1 + 1.0 / 128) * 0.45 / 64 + 1e-7) << i;
}

TEST(double_quantization, refuses_what_is_not_finite) {
  expect_error(
      [] {
        quantize_scales(std::vector{1.0f, std::numeric_limits<float>::infinity()});
      },
      ErrorKind::invalid_input, testing::HasSubstr("not finite"));
}

TEST(double_quantization, does_not_find_what_it_did_not_choose) {
  std::mt19937 random(4);

  EXPECT_FALSE(find_double_quantization(random_scales(random, 600, 0.3f)).has_value());
  EXPECT_FALSE(find_double_quantization(std::vector{1.0f, NAN}).has_value());
}

}  // namespace nybble::packing
