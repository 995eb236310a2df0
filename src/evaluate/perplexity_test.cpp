#include "evaluate/perplexity.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nybble::evaluate {

TEST(perplexity, of_a_uniform_guess_is_the_number_of_choices) {
  LossSum sum;
  const std::vector<float> logits(50, 3.0f);
  for (int i = 0; i < 7; ++i) sum.add(token_loss(logits, i));
  // Each loss is log 50 within a few roundings of double; exp multiplies that error by 50.
  EXPECT_NEAR(sum.perplexity(), 50, 50 * 1e-14);
  EXPECT_NEAR(sum.standard_error(), 0,
              1e-5);  // square root of a difference of squares at rounding level
}

TEST(perplexity, loss_survives_logits_that_overflow_exp) {
  const std::vector<float> logits = {1000.0f, 999.0f, -1000.0f};
  EXPECT_NEAR(token_loss(logits, 1), 1 + std::log1p(std::exp(-1.0)), 1e-12);
}

TEST(perplexity, standard_error_is_the_delta_method_on_the_mean_loss) {
  LossSum sum;
  for (const double loss : {1.0, 2.0, 3.0, 6.0}) sum.add(loss);
  // mean 3, population variance 3.5, error of the mean sqrt(3.5 / 3), times exp(3)
  EXPECT_NEAR(sum.standard_error(), std::exp(3.0) * std::sqrt(3.5 / 3.0), 1e-12);
}

}  // namespace nybble::evaluate
