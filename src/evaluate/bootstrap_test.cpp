#include "evaluate/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/random.h"

namespace nybble::evaluate {
namespace {

double uniform(std::uint64_t& state) {
  return (static_cast<double>(splitmix64(state) >> 11) + 0.5) * 0x1p-53;
}

double normal(std::uint64_t& state) {
  const double radius = std::sqrt(-2 * std::log(uniform(state)));
  return radius * std::cos(2 * std::numbers::pi * uniform(state));
}

// Skewed losses in documents of unequal length whose tokens share a part of their value: mean 2.
struct Sample {
  std::vector<double> values;
  std::vector<std::uint32_t> documents;
};
Sample sample_documents(std::uint32_t n_documents, std::uint64_t& state) {
  Sample sample;
  for (std::uint32_t d = 0; d < n_documents; ++d) {
    const double shared = normal(state) * 0.5;
    const std::uint32_t length = 20 + random_below(state, 60);
    for (std::uint32_t i = 0; i < length; ++i) {
      const double z = normal(state);
      sample.values.push_back(1 + z * z + shared);
      sample.documents.push_back(d);
    }
  }
  return sample;
}

}  // namespace

TEST(bootstrap, interval_covers_the_true_mean_as_often_as_it_says) {
  constexpr int runs = 500;
  for (const std::uint32_t n_documents : {20u, 60u}) {
    std::uint64_t state = 11;
    int covered = 0;
    for (int run = 0; run < runs; ++run) {
      const Sample sample = sample_documents(n_documents, state);
      const Estimate mean =
          Bootstrap(sample.documents, n_documents, static_cast<std::uint64_t>(run))
              .mean(sample.values);
      covered += mean.low <= 2 && 2 <= mean.high ? 1 : 0;
    }
    // 95 % within three standard errors of 500 runs.
    EXPECT_GE(covered, runs * 92 / 100) << n_documents;
    EXPECT_LE(covered, runs * 98 / 100) << n_documents;
  }
}

// Resampling tokens as if they were independent gives intervals that are far too narrow here.
TEST(bootstrap, needs_documents_for_its_width) {
  std::uint64_t state = 5;
  const Sample sample = sample_documents(40, state);
  std::vector<std::uint32_t> alone(sample.values.size());
  for (std::size_t i = 0; i < alone.size(); ++i) alone[i] = static_cast<std::uint32_t>(i);
  const Estimate blocks = Bootstrap(sample.documents, 40, 1).mean(sample.values);
  const Estimate tokens = Bootstrap(alone, alone.size(), 1).mean(sample.values);
  EXPECT_DOUBLE_EQ(blocks.value, tokens.value);
  // Variance of a document's mean 0.25 + 2 / 50, of a token's 2.25: a ratio of about 2.5.
  EXPECT_GT(blocks.high - blocks.low, 1.8 * (tokens.high - tokens.low));
}

TEST(bootstrap, quantile_is_the_least_value_that_the_share_does_not_exceed) {
  std::vector<double> values(100);
  std::vector<std::uint32_t> units(100);
  for (std::size_t i = 0; i < 100; ++i) {
    values[i] = static_cast<double>((i * 37) % 100 + 1);
    units[i] = static_cast<std::uint32_t>(i / 2);
  }
  const Bootstrap bootstrap(units, 50, 3);
  for (const double q : {0.5, 0.9, 0.99}) {
    const Estimate estimate = bootstrap.quantile(values, q);
    EXPECT_EQ(estimate.value, 100 * q);
    EXPECT_LE(estimate.low, estimate.value);
    EXPECT_GE(estimate.high, estimate.value);
  }
}

TEST(bootstrap, of_one_unit_has_no_interval) {
  const std::vector<double> values{1, 2, 3};
  const Bootstrap bootstrap({0, 0, 0}, 1, 1);
  EXPECT_EQ(bootstrap.mean(values).value, 2);
  EXPECT_TRUE(std::isnan(bootstrap.mean(values).low));
  EXPECT_TRUE(std::isnan(bootstrap.quantile(values, 0.5).high));
}

TEST(bootstrap, transforms_value_and_bounds) {
  const std::vector<double> values{1, 2, 3, 4};
  const Bootstrap bootstrap({0, 1, 2, 3}, 4, 1);
  const Estimate mean = bootstrap.mean(values);
  const Estimate power = bootstrap.mean(values, [](double x) { return std::exp(x); });
  EXPECT_DOUBLE_EQ(power.value, std::exp(mean.value));
  EXPECT_LT(power.low, power.value);
  EXPECT_GT(power.high, power.value);
}

}  // namespace nybble::evaluate
