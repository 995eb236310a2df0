// Small vocabularies with the ids that their own libraries give: tests/golden/tokenizers/make.py.
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/mapped_file.h"
#include "text/characters.h"
#include "text/tokenizer.h"
#include "text/tokenizer_gguf.h"
#include "text/tokenizer_json.h"

namespace nybble::text {
namespace {

const std::string kFolder = "tests/golden/tokenizers/";

Json cases() {
  return parse_json(read_text_file(kFolder + "cases.json"), "cases.json");
}

Tokenizer from_json(const std::string& name) {
  return Tokenizer(
      rules_from_tokenizer_json({{"tokenizer.json", read_text_file(kFolder + name + ".json")}}));
}

Tokenizer from_model(const std::string& name) {
  return Tokenizer(
      rules_from_tokenizer_model({{"tokenizer.model", read_text_file(kFolder + name + ".model")}}));
}

// tokenizers' text for ids: broken bytes are U+FFFD there.
std::string shown(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
  return replace_broken_utf8(tokenizer.decode(ids));
}

void expect_ids(const Tokenizer& tokenizer, const std::string& name, EncodeOptions options) {
  const Json all = cases();
  const auto texts = all["texts"].get<std::vector<std::string>>();
  const auto expected = all[name]["ids"].get<std::vector<std::vector<TokenId>>>();
  ASSERT_EQ(texts.size(), expected.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(tokenizer.encode(texts[i], options), expected[i])
        << name << ", text " << i << ": '" << texts[i] << "'";
  }
}

void expect_texts(const Tokenizer& tokenizer, const std::string& name) {
  const Json all = cases();
  const auto ids = all[name]["ids"].get<std::vector<std::vector<TokenId>>>();
  const auto expected = all[name]["decoded"].get<std::vector<std::string>>();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(shown(tokenizer, ids[i]), expected[i]) << name << ", text " << i;
  }
}

constexpr EncodeOptions kBare = {.add_special = false};
constexpr EncodeOptions kPlain = {.add_special = false, .parse_special = false};

class HuggingFaceVocabulary : public testing::TestWithParam<std::string> {};

TEST_P(HuggingFaceVocabulary, GivesTheIdsAndTextsOfTokenizers) {
  const std::string name = GetParam();
  const std::string file = name.ends_with("_hf") ? name.substr(0, name.size() - 3) : name;
  const Tokenizer tokenizer = from_json(file);
  expect_ids(tokenizer, name, kBare);
  expect_texts(tokenizer, name);
  if (const Json all = cases(); all[name].contains("special")) {
    EXPECT_EQ(tokenizer.encode("Hello"), all[name]["special"].get<std::vector<TokenId>>());
  }
}

TEST_P(HuggingFaceVocabulary, SurvivesTheWayThroughGguf) {
  const std::string name = GetParam();
  const Tokenizer original =
      from_json(name.ends_with("_hf") ? name.substr(0, name.size() - 3) : name);
  files::Metadata metadata("test");
  write_gguf_tokenizer(original, original.vocab_size() + 5, metadata);
  const Tokenizer reread(rules_from_gguf(metadata));
  EXPECT_EQ(reread.vocab_size(), original.vocab_size() + 5);
  expect_ids(reread, name, kBare);
  expect_texts(reread, name);
  EXPECT_EQ(reread.encode("Hello"), original.encode("Hello"));
}

TEST_P(HuggingFaceVocabulary, SurvivesBeingWrittenAsTokenizerJson) {
  const std::string name = GetParam();
  const Tokenizer original =
      from_json(name.ends_with("_hf") ? name.substr(0, name.size() - 3) : name);
  files::Metadata metadata("test");
  write_gguf_tokenizer(original, 0, metadata);
  const Tokenizer reread(
      rules_from_tokenizer_json(write_hf_tokenizer(Tokenizer(rules_from_gguf(metadata)), "")));
  expect_ids(reread, name, kBare);
  expect_texts(reread, name);
  EXPECT_EQ(reread.encode("Hello"), original.encode("Hello"));
}

INSTANTIATE_TEST_SUITE_P(Golden, HuggingFaceVocabulary,
                         testing::Values("byte_bpe", "word_piece", "spm_bpe_hf", "spm_unigram_hf"),
                         [](const auto& one) { return one.param; });

class SentencePieceVocabulary : public testing::TestWithParam<std::string> {};

TEST_P(SentencePieceVocabulary, GivesTheIdsOfSentencePiece) {
  expect_ids(from_model(GetParam()), GetParam(), kPlain);
}

TEST_P(SentencePieceVocabulary, SurvivesTheWayThroughGguf) {
  files::Metadata metadata("test");
  write_gguf_tokenizer(from_model(GetParam()), 0, metadata);
  expect_ids(Tokenizer(rules_from_gguf(metadata)), GetParam(), kPlain);
}

INSTANTIATE_TEST_SUITE_P(Golden, SentencePieceVocabulary, testing::Values("spm_bpe", "spm_unigram"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace nybble::text
