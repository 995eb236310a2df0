#include "quantize/awq.h"

#include <gtest/gtest.h>

#include <random>

#include "formats/all.h"

namespace nybble::quantize {
namespace {

constexpr int cols = 64;

// Independent inputs, the first eight of them large.
calibrate::InputStatistics statistics_with_outliers() {
  calibrate::InputStatistics inputs{.weights = {"w"}, .cols = cols, .halves = {}, .absmax = {}};
  for (calibrate::Half& half : inputs.halves) {
    half.weight = 100;
    half.tokens = 100;
    half.second_moment.resize(cols * cols);
    for (std::size_t c = 0; c < cols; ++c) {
      half.square_sums.push_back(c < 8 ? 40000.0f : 100.0f);
      half.second_moment[c * cols + c] = half.square_sums.back();
    }
  }
  return inputs;
}

std::vector<FoldedRows> gaussian_rows(FormatId format) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  FoldedRows rows{std::vector<float>(16 * cols), format};
  for (float& value : rows.values) value = normal(random);
  return {rows};
}

TEST(awq, factors_grow_with_the_inputs) {
  const std::vector<float> factors = awq_factors(statistics_with_outliers(), 0.5);
  EXPECT_NEAR(factors[0] / factors[63], std::sqrt(20.0f), 1e-4f);
  for (const float factor : awq_factors(statistics_with_outliers(), 0)) EXPECT_EQ(factor, 1);
}

TEST(awq, loses_less_where_few_inputs_are_large) {
  ThreadPool pool(1);
  const auto inputs = statistics_with_outliers();
  const auto rows = gaussian_rows(id_of<formats::Q4_0>());
  const double plain = folded_loss(inputs, std::vector<float>(cols, 1), rows, pool);
  EXPECT_LT(folded_loss(inputs, awq_factors(inputs, 0.3), rows, pool), 0.8 * plain);
}

TEST(awq, a_factor_of_all_columns_changes_nothing) {
  ThreadPool pool(1);
  const auto inputs = statistics_with_outliers();
  const auto rows = gaussian_rows(id_of<formats::Q4_0>());
  const double plain = folded_loss(inputs, std::vector<float>(cols, 1), rows, pool);
  EXPECT_EQ(folded_loss(inputs, std::vector<float>(cols, 4), rows, pool), plain);
}

}  // namespace
}  // namespace nybble::quantize
