#include "evaluate/token_scores.h"

#include <gtest/gtest.h>

#include <cmath>

#include "evaluate/summary.h"

namespace nybble::evaluate {

TEST(log_softmax, of_a_uniform_guess_is_the_number_of_choices) {
  const std::vector<float> logits(50, 3.0f);
  const LogSoftmax row(logits);
  // Rounded once each: exp, log and the difference.
  for (std::size_t i = 0; i < 50; ++i) EXPECT_NEAR(row[i], -std::log(50.0), 1e-14);
  EXPECT_EQ(row.top, 0);  // the first of equals
}

TEST(log_softmax, survives_logits_that_overflow_exp) {
  const std::vector<float> logits = {1000.0f, 999.0f, -1000.0f};
  EXPECT_NEAR(LogSoftmax(logits)[1], -1 - std::log1p(std::exp(-1.0)), 1e-12);
}

TEST(divergence, of_a_row_from_itself_is_exactly_zero) {
  std::vector<float> logits(1000);
  for (std::size_t i = 0; i < logits.size(); ++i)
    logits[i] = static_cast<float>(std::sin(static_cast<double>(i)) * 20);
  EXPECT_EQ(divergence(LogSoftmax(logits), LogSoftmax(logits)), 0);
}

TEST(divergence, is_what_the_definition_says) {
  const std::vector<float> p = {0, std::log(3.0f)}, q = {std::log(3.0f), 0};
  // 1/4 log(1/3) + 3/4 log 3; the logits are rounded to float.
  EXPECT_NEAR(divergence(LogSoftmax(p), LogSoftmax(q)), 0.5 * std::log(3.0), 1e-7);
}

TEST(summary, standard_error_is_the_delta_method_on_the_mean_loss) {
  std::vector<TokenScore> scores;
  for (const double loss : {1.0, 2.0, 3.0, 6.0}) scores.push_back({.loss = loss});
  // mean 3, population variance 3.5, error of the mean sqrt(3.5 / 3), times exp(3)
  EXPECT_NEAR(standard_error(scores), std::exp(3.0) * std::sqrt(3.5 / 3.0), 1e-12);
  const Bootstrap bootstrap({0, 1, 2, 3}, 4, 1);
  EXPECT_DOUBLE_EQ(perplexity(scores, bootstrap).value, std::exp(3.0));
}

TEST(summary, pairs_model_and_reference_token_by_token) {
  const std::vector<TokenScore> reference = {{.top = 1, .loss = std::log(2.0)},
                                             {.top = 2, .loss = std::log(4.0)}};
  const std::vector<TokenScore> model = {{.top = 1, .loss = std::log(4.0), .divergence = 0.25},
                                         {.top = 5, .loss = std::log(4.0), .divergence = 0.75}};
  const Divergence d = summarize(model, reference, Bootstrap({0, 1}, 2, 1));
  EXPECT_DOUBLE_EQ(d.mean.value, 0.5);
  EXPECT_DOUBLE_EQ(d.median.value, 0.25);
  EXPECT_DOUBLE_EQ(d.max, 0.75);
  EXPECT_DOUBLE_EQ(d.top1.value, 0.5);
  EXPECT_DOUBLE_EQ(d.rms_dp.value, std::sqrt(0.25 * 0.25 / 2));
  EXPECT_DOUBLE_EQ(d.perplexity_ratio.value, std::sqrt(2.0));
}

}  // namespace nybble::evaluate
