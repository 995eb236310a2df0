// The second walk on the model of the repository: checkpoint to tokens.
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "nybble/error.h"
#include "nybble/evaluate.h"
#include "nybble/quantize.h"
#include "nybble/session.h"

namespace nybble::walk {
namespace {

const std::filesystem::path tale = "models/tale-6m";

GenerateOptions greedy(int tokens) {
  GenerateOptions options;
  options.max_tokens = tokens;
  options.sampling.temperature = 0;
  return options;
}

constexpr std::string_view beginning = "Once upon a time, there was a little";

}  // namespace

TEST(chat_walk, continues_a_story_the_same_way_every_time) {
  ChatSession one(tale, {.threads = 1});
  ChatSession two(tale, {.threads = 2, .batch = 3});

  const Generation first = one.complete(beginning, greedy(24));
  const Generation second = two.complete(beginning, greedy(24));
  const Generation again = one.complete(beginning, greedy(24));

  EXPECT_EQ(first.generated_tokens, 24u);
  EXPECT_EQ(first.stop, StopReason::max_tokens);
  EXPECT_EQ(first.text, second.text);
  EXPECT_EQ(first.text, again.text);  // with the prompt in the cache
  EXPECT_GT(again.cached_tokens, 0u);
}

TEST(chat_walk, hands_out_text_as_it_comes) {
  ChatSession session(tale, {});
  std::string heard;

  const Generation answer =
      session.complete(beginning, greedy(16), [&](std::string_view text) { heard += text; });

  EXPECT_EQ(heard, answer.text);
}

TEST(chat_walk, stops_before_a_stop_string) {
  ChatSession session(tale, {});
  const std::string all = session.complete(beginning, greedy(24)).text;
  const std::string word = all.substr(all.size() / 2, 3);
  GenerateOptions options = greedy(24);
  options.stop = {word};

  const Generation answer = session.complete(beginning, options);

  EXPECT_EQ(answer.stop, StopReason::stop_string);
  EXPECT_EQ(answer.text, all.substr(0, all.find(word)));
}

TEST(chat_walk, says_when_the_context_is_full) {
  ChatSession session(tale, {.context = 16});
  GenerateOptions options = greedy(-1);
  options.ignore_eos = true;
  EXPECT_EQ(session.complete("Once upon a time", options).stop, StopReason::context_full);
}

TEST(chat_walk, refuses_to_chat_without_a_template) {
  ChatSession session(tale, {});
  EXPECT_FALSE(session.has_chat_template());
  EXPECT_THROW(session.answer({{"user", "hello"}}, greedy(1)), Error);
}

TEST(chat_walk, chats_with_a_template_given) {
  ChatSession session(tale,
                      {.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}"});
  const std::string prompt(beginning);
  // The template adds nothing, so the answer is the completion without BOS.
  const Generation answer = session.answer({{"user", prompt}}, greedy(8));
  EXPECT_EQ(answer.generated_tokens, 8u);
}

TEST(chat_walk, quantizing_costs_a_little_perplexity_and_less_with_more_bits) {
  const TemporaryFolder folder;
  const auto perplexity_of = [&](const std::filesystem::path& model) {
    EvaluateRequest request;
    request.model = model;
    request.settings.text = "models/tale-6m-eval.txt";
    request.settings.context = 128;
    request.settings.chunks = 2;
    return evaluate_model(request).result.perplexity.value;
  };
  const auto quantized = [&](const std::string& type) {
    QuantizeRequest request;
    request.input = tale;
    request.output = folder / (type + ".gguf");
    request.type = type;
    quantize_model(request);
    return perplexity_of(request.output);
  };

  const double original = perplexity_of(tale);
  const double q8 = quantized("Q8_0");
  const double q2 = quantized("Q2_K");

  // The model was trained on stories like this one: perplexity near 5, chance would be 4096.
  EXPECT_LT(original, 12);
  EXPECT_NEAR(q8 / original, 1, 0.01);
  EXPECT_GT(q2, q8);
}

}  // namespace nybble::walk
