#include "quantize/error_feedback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "base/error_check.h"
#include "linalg/dense.h"

namespace nybble::quantize {
namespace {

constexpr int rows = 3, cols = 256;
constexpr std::size_t n_values = rows * cols;

struct Problem {
  std::vector<float> weights, moment;

  // Inputs that share a few directions, one of them large.
  explicit Problem(unsigned seed) : weights(n_values), moment(std::size_t{cols} * cols) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (float& w : weights) w = normal(random);
    constexpr int tokens = 512, directions = 12;
    std::vector<float> mixing(directions * cols), x(tokens * cols);
    for (float& m : mixing) m = normal(random);
    for (int t = 0; t < tokens; ++t) {
      float* row = &x[static_cast<std::size_t>(t * cols)];
      for (int c = 0; c < cols; ++c) row[c] = 0.5f * normal(random);
      for (int d = 0; d < directions; ++d) {
        const float amount = (d == 0 ? 5 : 1) * normal(random);
        for (int c = 0; c < cols; ++c)
          row[c] += amount * mixing[static_cast<std::size_t>(d * cols + c)];
      }
    }
    for (int t = 0; t < tokens; ++t) {
      const float* row = &x[static_cast<std::size_t>(t * cols)];
      for (int i = 0; i < cols; ++i) {
        for (int j = 0; j < cols; ++j)
          moment[static_cast<std::size_t>(i * cols + j)] += row[i] * row[j];
      }
    }
  }

  double loss(const FeedbackProblem& damped, std::span<const float> values) const {
    double sum = 0;
    for (int r = 0; r < rows; ++r) {
      const auto lost = [&](int k) {
        const auto i =
            static_cast<std::size_t>(r * cols + damped.order[static_cast<std::size_t>(k)]);
        return double{values[i]} - weights[i];
      };
      for (int i = 0; i < cols; ++i) {
        for (int j = 0; j < cols; ++j)
          sum += lost(i) * damped.moment[static_cast<std::size_t>(i * cols + j)] * lost(j);
      }
    }
    return sum;
  }
};

// Blocks of a format that hold the weights of a problem, each rounded for itself.
std::vector<std::byte> encode(FormatId format, const Problem& problem) {
  const formats::FormatInfo& info = formats::info(format);
  const std::size_t n = n_values / static_cast<std::size_t>(info.block_len);
  std::vector<std::byte> blocks(n * static_cast<std::size_t>(info.block_bytes));
  info.encode(problem.weights.data(), nullptr, n, blocks.data());
  return blocks;
}

std::vector<float> decode(FormatId format, std::span<const std::byte> blocks) {
  const formats::FormatInfo& info = formats::info(format);
  std::vector<float> values(n_values);
  info.decode(blocks.data(), n_values / static_cast<std::size_t>(info.block_len), values.data());
  return values;
}

ScalarGrid scalar_grid(FormatId format, std::span<const std::byte> blocks) {
  return ScalarGrid(*formats::recoding(format), format, blocks, rows, cols);
}

// Error feedback as GPTQ states it, column after column in double precision.
std::vector<float> plain_feedback(const FeedbackProblem& p, const ScalarGrid& grid,
                                  const Problem& problem) {
  std::vector<float> values(n_values);
  for (int r = 0; r < rows; ++r) {
    std::vector<double> rest(cols);
    for (int k = 0; k < cols; ++k)
      rest[static_cast<std::size_t>(k)] =
          problem
              .weights[static_cast<std::size_t>(r * cols + p.order[static_cast<std::size_t>(k)])];
    for (int k = 0; k < cols; ++k) {
      const int col = p.order[static_cast<std::size_t>(k)];
      const auto x = static_cast<float>(rest[static_cast<std::size_t>(k)]);
      float y = 0;
      grid.choose(r, col, &x, nullptr, &y);
      values[static_cast<std::size_t>(r * cols + col)] = y;
      const float* factor = &p.factor[static_cast<std::size_t>(k * cols)];
      const double error = (rest[static_cast<std::size_t>(k)] - y) / factor[k];
      for (int j = k; j < cols; ++j) rest[static_cast<std::size_t>(j)] -= error * factor[j];
    }
  }
  return values;
}

TEST(error_feedback, is_what_gptq_states) {
  const Problem problem(1);
  const FeedbackProblem damped(problem.moment, cols, 1, 0.01, 0);
  const auto format = id_of<formats::Q4_K>();
  const std::vector<std::byte> blocks = encode(format, problem);
  const ScalarGrid grid = scalar_grid(format, blocks);

  std::vector<float> values(n_values);
  round_with_feedback(damped, grid, problem.weights, rows, 0, values);

  // A value on the border between two codes may fall to either side in float32, and what follows
  // in its row differs then: few do, and the loss is the same.
  const std::vector<float> expected = plain_feedback(damped, grid, problem);
  std::size_t different = 0;
  for (std::size_t i = 0; i < n_values; ++i) different += values[i] != expected[i];
  EXPECT_LT(different, n_values / 50);
  EXPECT_NEAR(problem.loss(damped, values) / problem.loss(damped, expected), 1, 0.02);
}

TEST(error_feedback, processes_columns_of_large_moments_first) {
  const Problem problem(2);
  const FeedbackProblem damped(problem.moment, cols, 1, 0.01, 0);
  for (int k = 0; k + 1 < cols; ++k) {
    EXPECT_GE(damped.moment[static_cast<std::size_t>(k * cols + k)],
              damped.moment[static_cast<std::size_t>((k + 1) * cols + k + 1)]);
  }
}

TEST(error_feedback, survives_moments_that_are_not_positive_definite) {
  const std::vector<float> zeros(std::size_t{cols} * cols);
  const FeedbackProblem damped(zeros, cols, 1, 0, 0);
  for (const float u : damped.factor) ASSERT_TRUE(std::isfinite(u));
}

TEST(error_feedback, refuses_moments_of_no_data) {
  std::vector<float> moments(std::size_t{cols} * cols, 1e30f);
  for (int i = 0; i < cols; ++i) moments[static_cast<std::size_t>(i * cols + i)] = 1;
  expect_error([&] { FeedbackProblem(moments, cols, 1, 0.01, 0); }, ErrorKind::invalid_input,
               testing::HasSubstr("not positive definite"));
}

class EveryGrid : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryGrid, loses_less_with_feedback_and_never_more_with_each_sweep) {
  const Problem problem(3);
  const FormatId format = *formats::find_by_name(GetParam());
  const bool is_scalar = formats::recoding(format) != nullptr;
  const FeedbackProblem damped(problem.moment, cols, is_scalar ? 1 : LatticeGrid::unit, 0.01, 0);
  std::vector<std::byte> blocks = encode(format, problem);
  const double alone = problem.loss(damped, decode(format, blocks));
  double before = alone;
  for (const int sweeps : {0, 1, 2, 3}) {
    std::vector<float> values(n_values);
    const auto round = [&](const auto& grid) {
      round_with_feedback(damped, grid, problem.weights, rows, sweeps, values);
      grid.store(values, blocks);
    };
    is_scalar ? round(scalar_grid(format, blocks))
              : round(LatticeGrid(*formats::lattice_recoding(format), format, blocks, rows, cols));

    EXPECT_EQ(decode(format, blocks), values) << "the blocks hold what was found";
    const double loss = problem.loss(damped, values);
    EXPECT_LT(loss, 0.7 * alone);
    EXPECT_LE(loss, before * 1.0001) << sweeps << " sweeps";
    before = loss;
  }
}

INSTANTIATE_TEST_SUITE_P(formats, EveryGrid,
                         ::testing::Values("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K",
                                           "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "MXFP4", "NVFP4",
                                           "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S"),
                         [](const auto& name) { return std::string(name.param); });

}  // namespace
}  // namespace nybble::quantize
