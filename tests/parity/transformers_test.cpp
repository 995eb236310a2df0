// Logits of the tiny checkpoints against those of transformers (torch, float32).
#include <gtest/gtest.h>

#include <cmath>

#include "golden_models.h"

namespace nybble {

class golden_model : public testing::TestWithParam<std::string> {};

TEST_P(golden_model, gives_the_logits_of_transformers) {
  const std::vector<float> expected = golden::logits_of(GetParam());

  const models::ModelSource source = golden::open(golden::folder_of(GetParam()));
  const std::vector<float> found = golden::run(source, golden::tokens_of(GetParam()));

  ASSERT_EQ(found.size(), expected.size());
  float largest = 0, difference = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::fabs(expected[i]));
    difference = std::max(difference, std::fabs(expected[i] - found[i]));
  }
  RecordProperty("relative_difference", std::to_string(difference / largest));
  // The bar of the project. Both sides round each of some hundred sums a token to float32 (6e-8
  // each), in other orders.
  EXPECT_LE(difference, 1e-4f * largest);
}

INSTANTIATE_TEST_SUITE_P(all, golden_model, testing::ValuesIn(golden::names()),
                         [](const auto& model) { return model.param; });

}  // namespace nybble
