#include "base/checked.h"

#include <gtest/gtest.h>

namespace nybble {

constexpr std::uint64_t max = std::numeric_limits<std::uint64_t>::max();

TEST(checked, multiplies_up_to_the_last_number) {
  EXPECT_EQ(checked_mul(1ull << 32, (1ull << 32) - 1), (1ull << 32) * ((1ull << 32) - 1));
  EXPECT_EQ(checked_mul(max, 1), max);
  EXPECT_EQ(checked_mul(0, max), 0u);
  EXPECT_EQ(checked_mul(max, 0), 0u);
  EXPECT_FALSE(checked_mul(1ull << 32, 1ull << 32));
  EXPECT_FALSE(checked_mul(max, 2));
}

TEST(checked, adds_and_aligns_without_wrapping) {
  EXPECT_EQ(checked_add(max - 1, 1), max);
  EXPECT_FALSE(checked_add(max, 1));
  EXPECT_EQ(checked_align(0, 32), 0u);
  EXPECT_EQ(checked_align(33, 32), 64u);
  EXPECT_EQ(checked_align(max - 31, 32), max - 31);
  EXPECT_FALSE(checked_align(max - 30, 32));
}

}  // namespace nybble
