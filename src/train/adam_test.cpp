#include "train/adam.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nybble::train {

// The first two steps of algorithm 1 by hand: moments begin at 0 and are corrected for it.
TEST(Adam, takes_the_steps_of_the_paper) {
  ThreadPool pool(1);
  Adam adam(1, {.beta1 = 0.9f, .beta2 = 0.99f, .epsilon = 0, .decay = 0});
  std::vector<float> value{1};
  adam.step(std::vector<float>{4}, 0.1f, {}, value, pool);
  EXPECT_NEAR(value[0], 0.9f, 1e-6f);  // the sign of the gradient
  adam.step(std::vector<float>{-2}, 0.1f, {}, value, pool);
  const double first = (0.9 * 0.4 + 0.1 * -2) / (1 - 0.81);
  const double second = (0.99 * 0.16 + 0.01 * 4) / (1 - 0.9801);
  EXPECT_NEAR(value[0], 0.9 - 0.1 * first / std::sqrt(second), 1e-6);
}

TEST(Adam, moves_each_value_by_its_unit) {
  ThreadPool pool(2);
  Adam adam(3);
  std::vector<float> values{1, 1, 1};
  adam.step(std::vector<float>{5, 5, -0.01f}, 0.1f, std::vector<float>{1, 2, 0}, values, pool);
  EXPECT_NEAR(values[0], 0.9f, 1e-6f);
  EXPECT_NEAR(values[1], 0.8f, 1e-6f);
  EXPECT_EQ(values[2], 1.0f);
}

TEST(Adam, decays_values_apart_from_the_gradient) {
  ThreadPool pool(1);
  Adam adam(1, {.epsilon = 1e-8f, .decay = 0.5f});
  std::vector<float> value{2};
  adam.step(std::vector<float>{0}, 0.1f, {}, value, pool);
  EXPECT_NEAR(value[0], 1.9f, 1e-6f);
}

// Its state is all that the next steps depend on.
TEST(Adam, goes_on_from_its_state) {
  ThreadPool pool(1);
  Adam adam(2), other(2);
  std::vector<float> values{1, 2};
  adam.step(std::vector<float>{1, -3}, 0.1f, {}, values, pool);
  std::vector<float> copied = values;
  const auto from = adam.state(), to = other.state();
  for (std::size_t i = 0; i < from.size(); ++i)
    std::copy(from[i].begin(), from[i].end(), to[i].begin());
  adam.step(std::vector<float>{2, 5}, 0.1f, {}, values, pool);
  other.step(std::vector<float>{2, 5}, 0.1f, {}, copied, pool);
  EXPECT_EQ(values, copied);
}

}  // namespace nybble::train
