// Numbers in 8 bits: what a block of them keeps.
#include "train/byte_moments.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace nybble::train {
namespace {

using Signs = ByteMoments::Signs;

std::vector<float> kept(Signs signs, const std::vector<float>& values) {
  ByteMoments moments(values.size(), signs);
  moments.write(0, values);
  std::vector<float> read(values.size());
  moments.read(0, read);
  return read;
}

TEST(ByteMoments, are_0_at_first) {
  for (const Signs signs : {Signs::both, Signs::positive}) {
    ByteMoments moments(300, signs);
    std::vector<float> values(44, 1);
    moments.read(1, values);
    EXPECT_EQ(values, std::vector<float>(44, 0));
  }
}

// A decade d of the largest has 2^(6 - d) even parts of 0.9, twice as many without signs; a number
// is off by half of one at most.
TEST(ByteMoments, keep_every_decade_as_well_as_it_has_codes) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> mantissa(0.1, 1);
  for (const Signs signs : {Signs::both, Signs::positive}) {
    for (int decade = 0; decade < 7; ++decade) {
      std::vector<float> values{3};
      for (int i = 0; i < 200; ++i) {
        const bool is_negative = signs == Signs::both && i % 2 == 1;
        values.push_back(
            static_cast<float>((is_negative ? -3 : 3) * mantissa(random) * std::pow(10, -decade)));
      }
      const std::vector<float> read = kept(signs, values);
      EXPECT_EQ(read[0], 3);
      const int parts = (signs == Signs::both ? 1 : 2) << (6 - decade);
      const double half_part = 3 * 0.9 / parts / 2 * std::pow(10, -decade);
      for (std::size_t i = 1; i < values.size(); ++i)
        EXPECT_NEAR(read[i], values[i], half_part * 1.001) << values[i] << " of decade " << decade;
    }
  }
}

TEST(ByteMoments, keep_zeros_and_no_others_as_zeros_without_signs) {
  const std::vector<float> read = kept(Signs::positive, {1, 0, 1e-12f});
  EXPECT_EQ(read[1], 0);
  EXPECT_GT(read[2], 0);
  EXPECT_EQ(kept(Signs::both, {1, 0, 1e-12f})[2], 0);
  EXPECT_EQ(kept(Signs::both, {0, 0}), (std::vector<float>{0, 0}));
}

}  // namespace
}  // namespace nybble::train
