#include "runtime/block_walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error_check.h"
#include "base/temporary_folder.h"
#include "runtime/session.h"

namespace nybble::runtime {
namespace {

using backend::TapPoint;

models::ModelSource tiny() {
  return models::open_model(std::make_shared<const files::Checkpoint>(
      files::open_checkpoint("tests/golden/models/qwen3")));
}

const std::vector<std::int32_t> first{5, 17, 3, 80, 41, 2, 9, 33, 64, 7}, second{1, 2, 3};

struct Seen {
  int layer = 0;
  TapPoint point{};
  std::vector<float> x;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> walk_all(const models::ModelSource& source,
                           std::vector<std::span<const std::int32_t>> windows,
                           const BlockWalkOptions& options) {
  BlockWalk walk(source, windows, options);
  std::vector<Seen> seen;
  int layer = 0;
  const backend::Tap tap = [&](TapPoint point, const float* x, int tokens, std::int64_t cols) {
    seen.push_back({layer, point, {x, x + tokens * cols}});
  };
  for (; layer < source.config.layers; ++layer) {
    walk.load(layer);
    for (std::size_t w = 0; w < windows.size(); ++w) walk.run(w, tap);
  }
  for (std::size_t w = 0; w < windows.size(); ++w) walk.observe_head(w, tap);
  return seen;
}

// The logits of the last token, from the input of the head.
std::vector<float> last_logits(const models::ModelSource& source, const std::vector<float>& head) {
  const models::SourceTensor& weight =
      *source.find(source.config.tied ? "token_embd.weight" : "output.weight");
  const auto dim = static_cast<std::size_t>(source.config.dim);
  std::vector<float> logits, row(dim);
  for (std::int64_t r = 0; r < source.config.vocab; ++r) {
    weight.decode_rows(r, 1, row.data());
    double sum = 0;
    for (std::size_t i = 0; i < dim; ++i) sum += double{row[i]} * head[head.size() - dim + i];
    logits.push_back(static_cast<float>(sum));
  }
  return logits;
}

TEST(block_walk, leads_to_the_logits_of_a_session) {
  const models::ModelSource source = tiny();
  const auto seen = walk_all(source, {first, second}, {.threads = 2, .scratch_folder = ""});
  Session session(std::make_shared<const LoadedModel>(source, LoadOptions{.threads = 1}), 16);

  ASSERT_EQ(seen.size(), static_cast<std::size_t>(source.config.layers) * 4 * 2 + 2);
  for (const auto* tokens : {&first, &second}) {
    const Seen& head = tokens == &first ? seen[seen.size() - 2] : seen.back();
    session.rewind(0);
    const auto expected = session.step(*tokens);
    const auto logits = last_logits(source, head.x);
    // Sums of `dim` products in float, in another order.
    for (std::size_t i = 0; i < logits.size(); ++i)
      EXPECT_NEAR(logits[i], expected[i], 1e-5 * (1 + std::fabs(expected[i])));
  }
}

TEST(block_walk, shows_a_tap_the_inputs_of_all_linears) {
  std::vector<std::tuple<int, TapPoint, std::size_t>> seen;
  for (const Seen& one : walk_all(tiny(), {first}, {.threads = 1, .scratch_folder = ""}))
    seen.emplace_back(one.layer, one.point, one.x.size() / first.size());

  EXPECT_EQ(seen, (decltype(seen){{0, TapPoint::qkv, 64},
                                  {0, TapPoint::attention_output, 128},
                                  {0, TapPoint::gate_up, 64},
                                  {0, TapPoint::down, 112},
                                  {1, TapPoint::qkv, 64},
                                  {1, TapPoint::attention_output, 128},
                                  {1, TapPoint::gate_up, 64},
                                  {1, TapPoint::down, 112},
                                  {2, TapPoint::head, 64}}));
}

TEST(block_walk, windows_do_not_know_each_other) {
  const models::ModelSource source = tiny();
  const auto both = walk_all(source, {first, second}, {.threads = 1, .scratch_folder = ""});
  const auto alone = walk_all(source, {second}, {.threads = 1, .scratch_folder = ""});
  EXPECT_EQ(both.back(), alone.back());
}

TEST(block_walk, gives_the_same_when_the_residuals_lie_in_a_file) {
  const models::ModelSource source = tiny();
  const TemporaryFolder folder;
  BlockWalkOptions options{.threads = 1, .scratch_folder = folder.path()};
  const auto in_memory = walk_all(source, {first, second}, options);
  options.max_residual_bytes = 0;
  EXPECT_EQ(walk_all(source, {first, second}, options), in_memory);
  EXPECT_EQ(folder.n_entries(), 0u);
}

TEST(block_walk, says_what_a_layer_needs) {
  const models::ModelSource source = tiny();
  expect_error(
      [&] {
        BlockWalk(source, {first},
                  {.threads = 1, .max_bytes = 1000, .reserved_bytes = 5000, .scratch_folder = ""});
      },
      ErrorKind::out_of_memory,
      testing::AllOf(testing::HasSubstr("one layer needs"),
                     testing::HasSubstr("5000 bytes statistics), 0 bytes are available")));
}

TEST(block_walk, refuses_tokens_outside_the_vocabulary) {
  const models::ModelSource source = tiny();
  const std::vector<std::int32_t> outside{96};
  expect_error([&] { BlockWalk(source, {outside}, {.threads = 1, .scratch_folder = ""}); },
               ErrorKind::invalid_input, testing::HasSubstr("token 96 is outside"));
}

}  // namespace
}  // namespace nybble::runtime
