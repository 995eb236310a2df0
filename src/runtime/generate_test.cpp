// The generation loop on the small model of the repository.
#include "runtime/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nybble/error.h"

namespace nybble::runtime {
namespace {

struct SmallModel {
  std::shared_ptr<const files::Checkpoint> checkpoint =
      std::make_shared<const files::Checkpoint>(files::open_checkpoint("models/tale-6m"));
  std::shared_ptr<const LoadedModel> model = std::make_shared<const LoadedModel>(
      models::open_model(checkpoint), LoadOptions{.threads = 1});
  text::Tokenizer tokenizer = text::load_tokenizer(*checkpoint);
};

// Loaded once for all tests.
const SmallModel& small_model() {
  static const SmallModel model;
  return model;
}

GenerateRequest greedy(std::string_view prompt, int max_tokens) {
  GenerateRequest request;
  request.prompt = small_model().tokenizer.encode(prompt);
  request.max_tokens = max_tokens;
  request.sampling.temperature = 0;
  return request;
}

}  // namespace

class generate : public testing::Test {
 protected:
  Generation run(const GenerateRequest& request) {
    return generator_.run(
        request, [this](std::string_view piece) { heard_ += piece; }, cancelled_);
  }

  Session session_{small_model().model, 64};
  Generator generator_{session_, small_model().tokenizer};
  std::atomic<bool> cancelled_{false};
  std::string heard_;
};

TEST_F(generate, continues_a_prompt_up_to_a_number_of_tokens) {
  const Generation result = run(greedy("Once upon a time", 12));

  EXPECT_EQ(result.stop, StopReason::max_tokens);
  EXPECT_EQ(result.generated_tokens, 12u);
  EXPECT_THAT(result.text, testing::StartsWith(","));
  EXPECT_EQ(heard_, result.text);
}

TEST_F(generate, says_the_same_again_and_computes_only_what_is_new) {
  const Generation first = run(greedy("Once upon a time", 8));
  const Generation second = run(greedy("Once upon a time", 8));

  EXPECT_EQ(second.text, first.text);
  EXPECT_EQ(first.cached_tokens, 0u);
  EXPECT_EQ(second.cached_tokens, second.prompt_tokens - 1);
}

TEST_F(generate, stops_before_a_stop_string) {
  const std::string whole = run(greedy("Once upon a time", 20)).text;
  const std::string stop = whole.substr(whole.size() / 2, 4);
  GenerateRequest request = greedy("Once upon a time", 20);
  request.stop = {stop};

  const Generation result = run(request);

  EXPECT_EQ(result.stop, StopReason::stop_string);
  EXPECT_EQ(result.text, whole.substr(0, whole.find(stop)));
}

TEST_F(generate, stops_when_the_context_is_full) {
  const Generation result = run(greedy("Once upon a time", -1));

  EXPECT_EQ(result.stop, StopReason::context_full);
  EXPECT_EQ(session_.position(), 64);
  EXPECT_EQ(result.prompt_tokens + result.generated_tokens,
            65u);  // the last token was picked but has no place
}

TEST_F(generate, stops_at_the_token_that_ends_an_answer_unless_told_to_ignore_it) {
  GenerateRequest request = greedy("Once upon a time", 5);
  request.sampling.logit_bias = {{*small_model().tokenizer.eos(), 1000.0f}};

  EXPECT_EQ(run(request).stop, StopReason::end_of_answer);
  EXPECT_EQ(heard_, "");
  request.ignore_eos = true;
  EXPECT_EQ(run(request).stop, StopReason::max_tokens);
  EXPECT_NE(heard_, "");
}

TEST_F(generate, stops_when_cancelled_and_can_go_on) {
  int pieces = 0;
  const GenerateRequest request = greedy("Once upon a time", 30);
  const Generation cut = generator_.run(
      request, [&](std::string_view) { cancelled_ = ++pieces == 3; }, cancelled_);
  EXPECT_EQ(cut.stop, StopReason::cancelled);

  cancelled_ = false;
  const Generation whole = run(request);

  EXPECT_EQ(whole.stop, StopReason::max_tokens);
  EXPECT_THAT(whole.text, testing::StartsWith(cut.text));
}

TEST_F(generate, refuses_a_prompt_that_is_empty_or_too_long) {
  GenerateRequest request = greedy("", 5);
  request.prompt.clear();
  EXPECT_THROW(run(request), Error);
  request.prompt.assign(65, 5);
  try {
    run(request);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_input);
    EXPECT_THAT(error.what(),
                testing::HasSubstr("the prompt of 65 tokens does not fit the context of 64"));
  }
}

}  // namespace nybble::runtime
