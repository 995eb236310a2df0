#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "cpu/choose_kernels.h"
#include "cpu/cpu_backend.h"

namespace nybble::cpu {
namespace {

struct Observed {
  std::vector<float> second_moment, absmax;
  bool operator==(const Observed&) const = default;
};

// Entries above the diagonal are left out.
Observed observe(const std::vector<float>& x, int tokens, int cols, const CpuOptions& options,
                 float weight = 1) {
  CpuBackend backend(options);
  const auto n = static_cast<std::size_t>(cols);
  std::vector<float> panels((n + 31) / 32 * n * 32);
  Observed seen{std::vector<float>(n * n), std::vector<float>(n)};
  backend.observe({tokens, cols, x.data(), weight, panels.data(), seen.absmax.data()});
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j)
      seen.second_moment[i * n + j] = panels[(j / 32 * n + i) * 32 + j % 32];
  }
  return seen;
}

std::vector<float> random_values(std::size_t n) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(n);
  for (float& value : values) value = normal(random);
  return values;
}

// More tokens than are summed at once, and no number divisible by anything.
constexpr int tokens = 1037, cols = 83;

// The largest magnitude of a column among the 32 tokens that are rounded together.
float neighbours_of(const std::vector<float>& x, int token, int col) {
  const int begin = token / 512 * 512 + token % 512 / 32 * 32;
  float most = 0;
  for (int t = begin; t < std::min(begin + 32, tokens); ++t)
    most = std::max(most, std::fabs(x[static_cast<std::size_t>(t * cols + col)]));
  return most;
}

TEST(observe, sums_outer_products_of_tokens) {
  std::vector<float> x = random_values(tokens * cols);
  x[5 * cols + 7] = 900;  // as the first token of a text has them

  const Observed seen = observe(x, tokens, cols, {.threads = 2}, 2);

  for (int i = 0; i < cols; ++i) {
    float most = 0;
    for (int t = 0; t < tokens; ++t)
      most = std::max(most, std::fabs(x[static_cast<std::size_t>(t * cols + i)]));
    EXPECT_EQ(seen.absmax[static_cast<std::size_t>(i)], most);
    for (int j = 0; j <= i; ++j) {
      double exact = 0, allowed = 0;
      for (int t = 0; t < tokens; ++t) {
        const float a = x[static_cast<std::size_t>(t * cols + i)],
                    b = x[static_cast<std::size_t>(t * cols + j)];
        // Each factor is off by half a step, 1/254 of the largest, and a little for float scales.
        const double step_a = double{neighbours_of(x, t, i)} / 253,
                     step_b = double{neighbours_of(x, t, j)} / 253;
        exact += 2.0 * a * b;
        allowed += 2 * (step_a * std::fabs(b) + step_b * std::fabs(a) + step_a * step_b);
      }
      EXPECT_NEAR(seen.second_moment[static_cast<std::size_t>(i * cols + j)], exact, allowed)
          << i << ' ' << j;
    }
  }
}

TEST(observe, adds_no_bias) {
  const std::vector<float> x = random_values(tokens * cols);
  const Observed seen = observe(x, tokens, cols, {.threads = 2});

  for (int i = 0; i < cols; ++i) {
    double exact = 0, noise = 0;
    for (int t = 0; t < tokens; ++t) {
      const double value = x[static_cast<std::size_t>(t * cols + i)],
                   step = double{neighbours_of(x, t, i)} / 127;
      exact += value * value;
      noise += step * step / 12 * value * value;  // variance of value * error, halved
    }
    // The square of a value gains 2 value error; five standard deviations, and the error squared.
    EXPECT_NEAR(seen.second_moment[static_cast<std::size_t>(i * cols + i)], exact,
                5 * 2 * std::sqrt(noise) + exact * 1e-4)
        << i;
  }
}

TEST(observe, gives_the_same_bits_for_any_threads_and_level) {
  const std::vector<float> x = random_values(tokens * cols);
  const Observed one = observe(x, tokens, cols, {.threads = 1, .isa = "scalar"});

  for (const Kernels* level : runnable_kernels()) {
    EXPECT_EQ(observe(x, tokens, cols, {.threads = 1, .isa = level->name}), one) << level->name;
    EXPECT_EQ(observe(x, tokens, cols, {.threads = 3, .isa = level->name}), one) << level->name;
  }
}

TEST(observe, marks_what_is_not_finite) {
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    std::vector<float> x = random_values(40 * 3);
    x[37 * 3 + 1] = bad;

    const Observed seen = observe(x, 40, 3, {.threads = 1});

    EXPECT_TRUE(std::isfinite(seen.absmax[0]) && std::isfinite(seen.absmax[2]));
    EXPECT_EQ(seen.absmax[1], std::numeric_limits<float>::infinity());
  }
}

}  // namespace
}  // namespace nybble::cpu
