#include "quantize/allocation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace nybble::quantize {
namespace {

using Tensors = std::vector<std::vector<FormatOption>>;

struct Sum {
  std::uint64_t bytes = 0;
  double loss = 0;
};

Sum sum_of(const Tensors& tensors, const std::vector<std::size_t>& choice) {
  Sum sum;
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    sum.bytes += tensors[t][choice[t]].bytes;
    sum.loss += tensors[t][choice[t]].loss;
  }
  return sum;
}

// The least loss within the budget, by trying all.
double least_loss(const Tensors& tensors, std::uint64_t budget) {
  std::vector<std::size_t> choice(tensors.size());
  double least = std::numeric_limits<double>::infinity();
  while (true) {
    const Sum sum = sum_of(tensors, choice);
    if (sum.bytes <= budget) least = std::min(least, sum.loss);
    std::size_t t = 0;
    while (t < choice.size() && ++choice[t] == tensors[t].size()) choice[t++] = 0;
    if (t == choice.size()) return least;
  }
}

// Tensors of several sizes and sensitivities; four bits less cost 16 times the loss, roughly.
Tensors random_tensors(std::mt19937& random) {
  std::lognormal_distribution<double> sensitivity(0, 2), uneven(0, 0.3);
  std::uniform_int_distribution<std::uint64_t> size(1, 20);
  Tensors tensors(6);
  for (auto& options : tensors) {
    const double a = sensitivity(random);
    const std::uint64_t n = size(random);
    for (const std::uint64_t bits : {2u, 3u, 4u, 6u})
      options.push_back(
          {{}, n * bits, a * std::exp2(-2.0 * static_cast<double>(bits)) * uneven(random)});
  }
  return tensors;
}

TEST(Allocation, StaysWithinTheBudgetAndNearTheBest) {
  std::mt19937 random(1);
  double ours = 0, best = 0;
  for (int i = 0; i < 50; ++i) {
    const Tensors tensors = random_tensors(random);
    Sum smallest;
    for (const auto& options : tensors) smallest.bytes += options[0].bytes;
    const std::uint64_t budget = smallest.bytes * 7 / 4;
    const Sum sum = sum_of(tensors, allocate(tensors, budget));
    EXPECT_LE(sum.bytes, budget);
    ours += std::log(sum.loss);
    best += std::log(least_loss(tensors, budget));
  }
  EXPECT_LT(std::exp((ours - best) / 50), 1.1);
}

TEST(Allocation, GivesTheBytesToWhatLosesMost) {
  const Tensors tensors{{{{}, 10, 1.0}, {{}, 20, 0.1}}, {{{}, 10, 8.0}, {{}, 20, 0.8}}};
  EXPECT_EQ(allocate(tensors, 30), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(allocate(tensors, 40), (std::vector<std::size_t>{1, 1}));
}

TEST(Allocation, PassesByOptionsThatAreLargerAndWorse) {
  const Tensors tensors{{{{}, 12, 2.0}, {{}, 10, 1.0}, {{}, 10, 3.0}, {{}, 16, 0.5}}};
  EXPECT_EQ(allocate(tensors, 12), (std::vector<std::size_t>{1}));
  EXPECT_EQ(allocate(tensors, 16), (std::vector<std::size_t>{3}));
}

TEST(Allocation, TakesTheSmallestWhenNothingFits) {
  const Tensors tensors{{{{}, 12, 1.0}, {{}, 10, 2.0}}};
  EXPECT_EQ(allocate(tensors, 0), (std::vector<std::size_t>{1}));
}

}  // namespace
}  // namespace nybble::quantize
