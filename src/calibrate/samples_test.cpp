#include "calibrate/samples.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "files/checkpoint.h"

namespace nybble::calibrate {
namespace {

text::Tokenizer tale_tokenizer() {
  return text::load_tokenizer(files::open_checkpoint("models/tale-6m"));
}

std::string decoded(const text::Tokenizer& tokenizer, const std::vector<Sample>& samples,
                    int half) {
  std::string text;
  for (const Sample& sample : samples) {
    if (sample.half == half) text += tokenizer.decode(sample.tokens);
  }
  return text;
}

// Documents that name themselves.
std::string numbered_documents(int n) {
  std::string text;
  for (int d = 0; d < n; ++d) {
    for (int i = 0; i < 20; ++i) text += fmt::format("Story number {} goes on. ", d);
    text += "<|endoftext|>";
  }
  return text;
}

bool holds(const std::string& text, int document) {
  return text.find(fmt::format("number {} goes", document)) != std::string::npos;
}

TEST(samples, deal_documents_to_two_halves_that_share_none) {
  const auto tokenizer = tale_tokenizer();
  const std::string text = numbered_documents(12);

  const auto samples = make_samples({&text, 1}, tokenizer, {.context = 32});

  const std::string a = decoded(tokenizer, samples, 0), b = decoded(tokenizer, samples, 1);
  int in_a = 0, in_b = 0;
  for (int d = 0; d < 12; ++d) {
    EXPECT_FALSE(holds(a, d) && holds(b, d)) << d;
    in_a += holds(a, d);
    in_b += holds(b, d);
  }
  EXPECT_EQ(in_a, 6);
  EXPECT_EQ(in_b, 6);
  for (const Sample& sample : samples) EXPECT_EQ(sample.tokens.size(), 32u);
}

TEST(samples, are_the_same_for_one_seed_and_others_for_another) {
  const auto tokenizer = tale_tokenizer();
  const std::string text = numbered_documents(12);
  const auto first_tokens = [&](std::uint64_t seed) {
    return make_samples({&text, 1}, tokenizer, {.context = 32, .seed = seed}).front().tokens;
  };
  EXPECT_EQ(first_tokens(1), first_tokens(1));
  EXPECT_NE(first_tokens(1), first_tokens(2));
}

TEST(samples, cut_a_text_without_marks_at_lines) {
  const auto tokenizer = tale_tokenizer();
  std::string text;
  for (int i = 0; i < 400; ++i) text += fmt::format("Line {} of one long text.\n", i);

  const auto samples = make_samples({&text, 1}, tokenizer, {.context = 64});

  EXPECT_TRUE(std::ranges::any_of(samples, [](const Sample& s) { return s.half == 0; }));
  EXPECT_TRUE(std::ranges::any_of(samples, [](const Sample& s) { return s.half == 1; }));
}

TEST(samples, keep_only_as_many_windows_as_asked_for) {
  const auto tokenizer = tale_tokenizer();
  const std::string text = numbered_documents(12);
  EXPECT_EQ(make_samples({&text, 1}, tokenizer, {.context = 32, .max_windows = 3}).size(), 3u);
  const std::string nothing;
  EXPECT_TRUE(make_samples({&nothing, 1}, tokenizer, {}).empty());
}

}  // namespace
}  // namespace nybble::calibrate
