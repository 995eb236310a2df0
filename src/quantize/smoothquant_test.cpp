#include "quantize/smoothquant.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "formats/all.h"

namespace nybble::quantize {
namespace {

constexpr int cols = 128;

// Independent inputs of equal size but for one, which is `outlier` times as large.
calibrate::InputStatistics inputs_with(float outlier) {
  calibrate::InputStatistics inputs{.weights = {"w"}, .cols = cols, .halves = {}, .absmax = {}};
  for (int c = 0; c < cols; ++c) inputs.absmax.push_back(c == 9 ? 4 * outlier : 4.0f);
  for (calibrate::Half& half : inputs.halves) {
    half.weight = 100;
    half.tokens = 100;
    half.second_moment.resize(cols * cols);
    for (std::size_t c = 0; c < cols; ++c) {
      half.square_sums.push_back(c == 9 ? 100 * outlier * outlier : 100.0f);
      half.second_moment[c * cols + c] = half.square_sums.back();
    }
  }
  return inputs;
}

std::vector<FoldedRows> gaussian_rows() {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  FoldedRows rows{std::vector<float>(32 * cols), *formats::find_by_name("INT8-G128")};
  for (float& value : rows.values) value = normal(random);
  return {rows};
}

}  // namespace

TEST(smoothquant, factors_follow_the_paper) {
  const auto inputs = inputs_with(16);
  const FoldedRows rows{std::vector<float>(cols, 0.25f), *formats::find_by_name("INT8-G128")};
  const auto half = smoothquant_factors(inputs, {{rows}}, 0.5);
  EXPECT_FLOAT_EQ(half[0], std::sqrt(4.0f) / std::sqrt(0.25f));
  EXPECT_FLOAT_EQ(half[9], std::sqrt(64.0f) / std::sqrt(0.25f));
  const auto all = smoothquant_factors(inputs, {{rows}}, 1);
  EXPECT_FLOAT_EQ(all[9], 64);
}

TEST(smoothquant, helps_where_one_input_is_large_and_not_elsewhere) {
  ThreadPool pool(1);
  const auto rows = gaussian_rows();
  const std::vector<float> ones(cols, 1);
  const auto spiky = inputs_with(50), even = inputs_with(1);
  EXPECT_LT(smoothed_loss(spiky, smoothquant_factors(spiky, rows, 0.5), rows, pool),
            0.2 * smoothed_loss(spiky, ones, rows, pool));
  EXPECT_GT(smoothed_loss(even, smoothquant_factors(even, rows, 0.5), rows, pool),
            0.5 * smoothed_loss(even, ones, rows, pool));
}

TEST(smoothquant, a_factor_of_all_columns_changes_nothing) {
  ThreadPool pool(1);
  const auto inputs = inputs_with(8);
  const auto rows = gaussian_rows();
  const double plain = smoothed_loss(inputs, std::vector<float>(cols, 1), rows, pool);
  EXPECT_NEAR(smoothed_loss(inputs, std::vector<float>(cols, 4), rows, pool), plain, 1e-9 * plain);
}

TEST(smoothquant, leaves_columns_without_inputs_or_weights) {
  auto inputs = inputs_with(8);
  inputs.absmax[3] = 0;
  std::vector<FoldedRows> rows = gaussian_rows();
  for (std::size_t i = 5; i < rows[0].values.size(); i += cols) rows[0].values[i] = 0;
  const auto factors = smoothquant_factors(inputs, rows, 0.5);
  EXPECT_EQ(factors[3], 1);
  EXPECT_EQ(factors[5], 1);
}

}  // namespace nybble::quantize
