// Accuracy of the scalar kernels, which the other levels repeat bit for bit (tests/parity).
#include "cpu/lane_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "cpu/scalar_kernels.h"

namespace nybble::cpu {
namespace {

float exponential_of(float x) {
  std::vector<float> values(lanes, x);
  scalar::kernels.exponentials(values.data(), lanes);
  return values[3];
}

}  // namespace

TEST(lane_kernels, take_exponentials_within_two_units_in_the_last_place) {
  // Horner's last two steps round the sum to float: 1/2 ulp each, where the second may see the
  // first one doubled by the leading 1; the argument's reduction adds 2^-24 * |r| and Taylor's rest
  // 2^-27. Together under 2 ulp.
  double worst = 0;
  for (float x = -87.3f; x < 88.3f; x += 0.0007f) {
    const double exact = std::exp(double{x});
    const double ulp = std::ldexp(1.0, std::ilogb(exact) - 23);
    worst = std::max(worst, std::fabs(exponential_of(x) - exact) / ulp);
  }
  EXPECT_LT(worst, 2);
}

TEST(lane_kernels, take_exponentials_of_the_extremes) {
  EXPECT_EQ(exponential_of(0), 1);
  EXPECT_EQ(exponential_of(-88), 0);
  EXPECT_EQ(exponential_of(-std::numeric_limits<float>::infinity()), 0);
  EXPECT_EQ(exponential_of(89), std::numeric_limits<float>::infinity());
}

TEST(lane_kernels, sum_a_softmax_over_the_visible_keys_only) {
  std::vector<float> scores(chunk_keys);
  for (int i = 0; i < chunk_keys; ++i)
    scores[static_cast<std::size_t>(i)] = std::sin(static_cast<float>(i)) * 9;
  const std::vector<float> given = scores;
  constexpr int first = 5, last = 50;
  constexpr float scale = 0.5f;

  float max = 0;
  const float sum = scalar::kernels.softmax_chunk(scores.data(), first, last, scale, &max);

  double exact_sum = 0;
  for (int i = 0; i < chunk_keys; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const double exact = i >= first && i < last ? std::exp(double{given[at]} * scale - max) : 0;
    // exp: 2 ulp; its argument, at most 9 from 0, was rounded once: 9 * 2^-24 relative.
    EXPECT_NEAR(scores[at], exact, exact * (2 * 0x1p-23 + 9 * 0x1p-24)) << i;
    exact_sum += exact;
  }
  EXPECT_EQ(max, *std::max_element(given.begin() + first, given.begin() + last) * scale);
  EXPECT_NEAR(sum, exact_sum,
              exact_sum * (2 * 0x1p-23 + 9 * 0x1p-24 + 7 * 0x1p-24));  // and 3 + 4 additions deep
}

TEST(lane_kernels, compute_silu) {
  std::vector<float> gate(32), up(32, 2.0f), out(32);
  for (std::size_t i = 0; i < gate.size(); ++i) gate[i] = (static_cast<float>(i) - 16) * 3;

  scalar::kernels.silu_multiply(gate.data(), up.data(), 32, out.data());

  for (std::size_t i = 0; i < gate.size(); ++i) {
    const double exact = 2.0 * gate[i] / (1 + std::exp(-double{gate[i]}));
    // exp: 2 ulp; then an addition, a division and a multiplication, half a unit each.
    EXPECT_NEAR(out[i], exact, std::fabs(exact) * 3.5 * 0x1p-23) << gate[i];
  }
}

}  // namespace nybble::cpu
