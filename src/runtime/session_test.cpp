#include "runtime/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nybble/error.h"

namespace nybble::runtime {
namespace {

std::shared_ptr<const LoadedModel> load(const LoadOptions& options = {.threads = 1}) {
  const auto checkpoint = std::make_shared<const files::Checkpoint>(
      files::open_checkpoint("tests/golden/models/qwen3"));
  return std::make_shared<const LoadedModel>(models::open_model(checkpoint), options);
}

const std::vector<std::int32_t> tokens{5, 17, 3, 80, 41, 2, 9, 33, 64, 7};

void expect_error(const std::function<void()>& action, ErrorKind kind, const std::string& part) {
  try {
    action();
    ADD_FAILURE() << "nothing was thrown; expected: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_THAT(error.what(), testing::HasSubstr(part));
  }
}

}  // namespace

TEST(session, gives_the_logits_of_the_last_token) {
  const auto model = load();
  Session session(model, 16, 4);
  std::vector<float> last;
  session.step_all(tokens, [&](int i, std::span<const float> row) {
    if (i == 9) last.assign(row.begin(), row.end());
  });

  Session other(model, 16, 3);
  const std::span<const float> logits = other.step(tokens);

  EXPECT_EQ(other.position(), 10);
  EXPECT_EQ(last, std::vector<float>(logits.begin(), logits.end()));
}

// The source of the model is gone by then.
TEST(session, computes_the_same_from_the_mapped_file) {
  const auto logits_of = [](bool repack) {
    Session session(load({.threads = 1, .repack = repack}), 16);
    const std::span<const float> logits = session.step(tokens);
    return std::vector<float>(logits.begin(), logits.end());
  };
  EXPECT_EQ(logits_of(false), logits_of(true));
}

TEST(session, takes_the_models_own_context_unless_told) {
  EXPECT_EQ(Session(load(), 0).context(), 256);
  EXPECT_EQ(Session(load(), 20).context(), 20);
}

TEST(session, refuses_tokens_that_do_not_fit_and_stays_usable) {
  Session session(load(), 12);
  session.step(tokens);

  expect_error([&] { session.step(std::span(tokens).first(3)); }, ErrorKind::invalid_input,
               "3 tokens after 10 do not fit the context of 12");
  expect_error([&] { session.step({}); }, ErrorKind::invalid_input, "no tokens to run");
  const std::vector<std::int32_t> outside{96}, negative{-1};
  expect_error([&] { session.step(outside); }, ErrorKind::invalid_input,
               "token 96 is outside the model's vocabulary of 96");
  expect_error([&] { session.step(negative); }, ErrorKind::invalid_input, "token -1 is outside");
  expect_error([&] { session.rewind(11); }, ErrorKind::invalid_input,
               "cannot go back to position 11 from 10");

  EXPECT_EQ(session.step(std::span(tokens).first(2)).size(), 96u);
  EXPECT_EQ(session.position(), 12);
}

TEST(session, refuses_a_context_that_does_not_fit_the_memory_before_taking_it) {
  expect_error([] { load({.threads = 1, .max_bytes = 1000}); }, ErrorKind::out_of_memory,
               "the weights need 0.00 GiB");
  const auto model = load({.threads = 1, .max_bytes = std::size_t{64} << 20});
  expect_error([&] { Session(model, 1 << 20); }, ErrorKind::out_of_memory,
               "a context of 1048576 tokens needs 1.");
  EXPECT_NO_THROW(Session(model, 64));
}

}  // namespace nybble::runtime
