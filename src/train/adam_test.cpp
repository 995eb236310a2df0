#include "train/adam.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

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
void expect_to_go_on(const AdamOptions& options) {
  ThreadPool pool(1);
  Adam adam(2, options), other(2, options);
  std::vector<float> values{1, 2};
  adam.step(std::vector<float>{1, -3}, 0.1f, {}, values, pool);
  std::vector<float> copied = values;
  const auto from = adam.state(), to = other.state();
  for (std::size_t i = 0; i < from.size(); ++i)
    std::copy(from[i].begin(), from[i].end(), to[i].begin());
  const auto own = adam.codes(), others = other.codes();
  for (std::size_t i = 0; i < own.size(); ++i)
    std::copy(own[i].begin(), own[i].end(), others[i].begin());
  adam.step(std::vector<float>{2, 5}, 0.1f, {}, values, pool);
  other.step(std::vector<float>{2, 5}, 0.1f, {}, copied, pool);
  EXPECT_EQ(values, copied);
}
TEST(Adam, goes_on_from_its_state) {
  expect_to_go_on({});
}
TEST(Adam, goes_on_from_its_state_in_bytes) {
  expect_to_go_on({.in_bytes = true});
}

// Towards targets of different distance from where noise hides the gradient: the values end as near
// to them as with floats. Not a number of whole blocks, and more than one piece of a loop.
TEST(Adam, arrives_with_moments_in_bytes) {
  constexpr std::size_t n = (1 << 16) + 700;
  const auto distance_after = [](bool in_bytes, int threads) {
    ThreadPool pool(threads);
    Adam adam(n, {.in_bytes = in_bytes});
    std::vector<float> values(n), gradient(n);
    std::mt19937 random(1);
    std::normal_distribution<float> noise(0, 0.3f);
    for (int step = 0; step < 200; ++step) {
      for (std::size_t i = 0; i < n; ++i)
        gradient[i] = values[i] - static_cast<float>(i % 97) / 97 + noise(random);
      adam.step(gradient, 0.02f, {}, values, pool);
    }
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double d = static_cast<double>(values[i]) - static_cast<double>(i % 97) / 97;
      sum += d * d;
    }
    return std::sqrt(sum / n);
  };
  const double floats = distance_after(false, 2), bytes = distance_after(true, 2);
  EXPECT_LT(floats, 0.15);  // 0.58 at first
  EXPECT_NEAR(bytes, floats, 0.02 * floats);
  EXPECT_EQ(distance_after(true, 1), bytes);
}

}  // namespace nybble::train
