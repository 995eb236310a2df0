#include "cpu/activations.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace nybble::cpu {

TEST(activations, round_within_half_a_step_of_their_block) {
  std::vector<float> x(80);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = std::sin(static_cast<float>(i) * 1.7f) * (i < 32 ? 1.0f : 1000.0f);
  std::vector<float> rounded(x.size());

  round_to_a8(x.data(), 80, rounded.data());

  for (std::size_t block = 0; block < x.size(); block += 32) {
    float highest = 0;
    const std::size_t end = std::min(x.size(), block + 32);
    for (std::size_t i = block; i < end; ++i) highest = std::max(highest, std::fabs(x[i]));
    // Half a step, and the roundings of scale, inverse and product: 3 of 2^-24 each of up to 127
    // steps.
    const float bound = highest / 127 * (0.5f + 127 * 3 * 0x1p-24f);
    for (std::size_t i = block; i < end; ++i) EXPECT_NEAR(rounded[i], x[i], bound) << i;
  }
}

TEST(activations, of_zero_stay_zero) {
  std::vector<float> x(32, 0.0f);
  round_to_a8(x.data(), 32, x.data());
  EXPECT_EQ(x, std::vector<float>(32, 0.0f));
}

TEST(activations, that_are_whole_steps_stay) {
  std::vector<float> x(32);
  for (int i = 0; i < 32; ++i) x[static_cast<std::size_t>(i)] = static_cast<float>(i * 8 - 121);
  x[0] = 127;
  std::vector<float> rounded(32);
  round_to_a8(x.data(), 32, rounded.data());
  EXPECT_EQ(rounded, x);
}

}  // namespace nybble::cpu
