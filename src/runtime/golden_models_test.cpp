// Logits of the tiny checkpoints in tests/golden/models against those of transformers (torch,
// float32).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "base/json.h"
#include "base/mapped_file.h"
#include "runtime/session.h"

namespace nybble::runtime {
namespace {

const std::filesystem::path golden = "tests/golden/models";

std::vector<std::string> golden_models() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden)) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

models::ModelSource open(const std::filesystem::path& path) {
  return models::open_model(
      std::make_shared<const files::Checkpoint>(files::open_checkpoint(path)));
}

std::vector<std::int32_t> read_tokens(const std::filesystem::path& model) {
  return parse_json(read_text_file(model / "tokens.json"), "tokens.json")
      .get<std::vector<std::int32_t>>();
}

std::vector<float> read_logits(const std::filesystem::path& model) {
  const std::string bytes = read_text_file(model / "logits.f32");
  std::vector<float> logits(bytes.size() / sizeof(float));
  std::memcpy(logits.data(), bytes.data(), bytes.size());
  return logits;
}

// context: that of a session which just holds the tokens, since dynamic scaling and longrope look
// at it.
std::vector<float> run(const std::filesystem::path& path, const std::vector<std::int32_t>& tokens) {
  const auto model = std::make_shared<const LoadedModel>(open(path), LoadOptions{.threads = 1});
  Session session(model, static_cast<int>(tokens.size()));
  std::vector<float> logits;
  session.step_all(tokens, [&](int, std::span<const float> row) {
    logits.insert(logits.end(), row.begin(), row.end());
  });
  return logits;
}

}  // namespace

class golden_model : public testing::TestWithParam<std::string> {};

TEST_P(golden_model, gives_the_logits_of_transformers) {
  const std::filesystem::path path = golden / GetParam();
  const std::vector<float> expected = read_logits(path);

  const std::vector<float> found = run(path, read_tokens(path));

  ASSERT_EQ(found.size(), expected.size());
  float largest = 0, difference = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::fabs(expected[i]));
    difference = std::max(difference, std::fabs(expected[i] - found[i]));
  }
  RecordProperty("relative_difference", std::to_string(difference / largest));
  std::printf("%s: largest difference %.2e of the largest logit\n", GetParam().c_str(),
              difference / largest);
  // The bar of the project: both sides round each of some hundred sums per token to float32 (6e-8),
  // in other orders.
  EXPECT_LE(difference, 1e-4f * largest);
}

INSTANTIATE_TEST_SUITE_P(all, golden_model, testing::ValuesIn(golden_models()),
                         [](const auto& model) { return model.param; });

}  // namespace nybble::runtime
