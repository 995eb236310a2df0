// Folding must not change what a model computes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "base/error.h"
#include "models/fold.h"
#include "runtime/session.h"

namespace nybble::runtime {
namespace {

std::vector<float> logits_of(const models::ModelSource& source) {
  const auto model = std::make_shared<const LoadedModel>(source, LoadOptions{.threads = 1});
  Session session(model, 16);
  const std::vector<std::int32_t> tokens{5, 17, 3, 80, 41, 2, 9, 33, 64, 7};
  const auto logits = session.step(tokens);
  return {logits.begin(), logits.end()};
}

void expect_same_logits(const char* path) {
  models::ModelSource source =
      models::open_model(std::make_shared<const files::Checkpoint>(files::open_checkpoint(path)));
  const std::vector<float> before = logits_of(source);
  std::mt19937 random(3);
  std::lognormal_distribution<float> factor(0, 1);
  for (const models::FoldSite& site : models::fold_sites(source)) {
    std::vector<float> factors(static_cast<std::size_t>(site.cols));
    std::ranges::generate(factors, [&] { return factor(random); });
    models::tie_factors(site, factors);
    models::fold(site, factors, source);
  }
  const std::vector<float> after = logits_of(source);
  float largest = 0, difference = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    largest = std::max(largest, std::fabs(before[i]));
    difference = std::max(difference, std::fabs(after[i] - before[i]));
  }
  // Sums of at most 800 products in float32, through six layers at most; factors spread over e^3.
  EXPECT_LT(difference, 1e-4f * largest) << path;
  EXPECT_NE(difference, 0) << path << ": nothing was folded";
}

TEST(folded_model, computes_the_same) {
  expect_same_logits("models/tale-6m");  // two query heads share a kv head
  expect_same_logits("tests/golden/models/qwen3");
  expect_same_logits("tests/golden/models/qwen2");  // biases of q, k and v
  expect_same_logits("tests/golden/models/llama_biases");
}

TEST(folded_model, needs_memory_even_where_rows_would_stay_in_the_file) {
  models::ModelSource source = models::open_model(
      std::make_shared<const files::Checkpoint>(files::open_checkpoint("models/tale-6m")));
  const auto load = [&] {
    LoadedModel(source, {.threads = 1, .max_bytes = std::size_t{1} << 20, .repack = false});
  };
  load();
  for (const models::FoldSite& site : models::fold_sites(source))
    models::fold(site, std::vector<float>(static_cast<std::size_t>(site.cols), 2.0f), source);
  EXPECT_THROW(load(), Error);
}

TEST(folded_model, ties_the_factors_of_heads_that_share_a_kv_head) {
  const models::FoldSite site{{}, {}, 8, 2, 2};
  std::vector<float> factors{1, 2, 4, 8, 1, 1, 9, 1};
  models::tie_factors(site, factors);
  const std::vector<float> tied{2, 4, 2, 4, 3, 1, 3, 1};
  for (std::size_t i = 0; i < tied.size(); ++i) EXPECT_FLOAT_EQ(factors[i], tied[i]) << i;
}

}  // namespace
}  // namespace nybble::runtime
