#include "text/tokenizer.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/mapped_file.h"
#include "nybble/error.h"
#include "text/regex.h"
#include "text/tokenizer_gguf.h"
#include "text/tokenizer_json.h"

namespace nybble::text {
namespace {

const std::string kFolder = "tests/golden/tokenizers/";

Tokenizer byte_bpe() {
  return Tokenizer(
      rules_from_tokenizer_json({{"tokenizer.json", read_text_file(kFolder + "byte_bpe.json")}}));
}

Tokenizer spm_bpe() {
  return Tokenizer(
      rules_from_tokenizer_model({{"tokenizer.model", read_text_file(kFolder + "spm_bpe.model")}}));
}

// The sentence of the error that `action` throws.
template <class Action>
std::string sentence_of(ErrorKind kind, Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "expected an error";
  return {};
}

TEST(Tokenizer, EncodesOddTextsAndDecodesThemAgain) {
  const Tokenizer tokenizer = byte_bpe();
  const std::string nul("a\0b", 3);
  for (const std::string& text :
       {std::string(), std::string(" "), std::string("\n"), nul, std::string(5000, ' '),
        std::string("\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9")}) {
    EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  }
}

TEST(Tokenizer, TakesBrokenUtf8AsReplacementCharacters) {
  const Tokenizer tokenizer = byte_bpe();
  const std::string u = "\xef\xbf\xbd";
  // As bytes.decode('utf-8', 'replace') of Python has it.
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("a\xff\xfe!")), "a" + u + u + "!");
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("\xe2\x82")), u);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("\xed\xa0\x80")), u + u + u);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("\xc0\xaf")), u + u);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("\xf0\x9f\x91x")), u + "x");
}

TEST(Tokenizer, TellsControlTokensFromTextThatLooksLikeThem) {
  const Tokenizer tokenizer = byte_bpe();
  const TokenId end = *tokenizer.find("<|end|>"), tool = *tokenizer.find("<tool>");
  EXPECT_EQ(tokenizer.encode("<|end|>", {false, true}), std::vector<TokenId>{end});
  const auto plain = tokenizer.encode("<|end|><tool>", {false, false});
  EXPECT_EQ(std::count(plain.begin(), plain.end(), end), 0);
  EXPECT_EQ(std::count(plain.begin(), plain.end(), tool), 1)
      << "user-defined tokens are no control tokens";
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("a<|end|>b"), false), "ab");
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("a<|end|>b", {false, true}), true), "a<|end|>b");
}

TEST(Tokenizer, NeedsLinearTimeForLongInputs) {
  const Tokenizer byte_level = byte_bpe(), sentence_piece = spm_bpe();
  for (const std::string unit : {"a", " ", "the quick brown fox ", "\xe2\x96\x81", "1", "\n"}) {
    std::string text;
    while (text.size() < 300'000) text += unit;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(byte_level.encode(text).empty());
    EXPECT_FALSE(sentence_piece.encode(text).empty());
    // n log n takes about a second here with sanitizers on a busy machine; n^2 would take hours.
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60)) << unit;
  }
}

TEST(Tokenizer, DescribesItself) {
  EXPECT_EQ(byte_bpe().description(), "BPE (byte-level), pre-tokenizer of its own");
  EXPECT_EQ(spm_bpe().description(), "SentencePiece BPE");
}

TEST(StreamDecoder, HoldsBackBytesUntilACharacterIsWhole) {
  const Tokenizer tokenizer = byte_bpe();
  const std::string text = "h\xc3\xa9 \xf0\x9f\x98\x81 \xe6\x88\x91!";
  StreamDecoder decoder(tokenizer);
  std::string shown;
  for (const TokenId id : tokenizer.encode(text)) {
    const std::string part = decoder.push(id);
    EXPECT_EQ(part.find("\xef\xbf\xbd"), part.npos);
    shown += part;
  }
  EXPECT_EQ(shown, text);
  EXPECT_EQ(decoder.flush(), "");
}

TEST(StreamDecoder, ShowsBrokenSequencesAsReplacementCharacters) {
  const Tokenizer tokenizer = spm_bpe();
  StreamDecoder decoder(tokenizer);
  const auto byte = [&](const char* spelling) { return *tokenizer.find(spelling); };
  EXPECT_EQ(decoder.push(byte("<0xF0>")), "");
  EXPECT_EQ(decoder.push(byte("<0x9F>")), "");
  EXPECT_EQ(decoder.push(byte("<0x41>")),
            "\xef\xbf\xbd"
            "A");
  EXPECT_EQ(decoder.push(byte("<0xE2>")), "");
  EXPECT_EQ(decoder.flush(), "\xef\xbf\xbd");
}

TEST(StreamDecoder, TakesTheSpaceOffTheStartOfATextOnly) {
  const Tokenizer tokenizer = spm_bpe();
  const auto ids = tokenizer.encode("fox fox", {.add_special = false});
  const auto stream = [&](bool continues) {
    StreamDecoder decoder(tokenizer, false, continues);
    std::string text;
    for (const TokenId id : ids) text += decoder.push(id);
    return text;
  };
  EXPECT_EQ(stream(false), "fox fox");
  EXPECT_EQ(stream(true), " fox fox");
  EXPECT_EQ(tokenizer.decode(ids), "fox fox");
}

TEST(Regex, FollowsOniguruma) {
  const auto matches = [](std::string pattern, std::string_view text) {
    std::vector<std::string> found;
    for (const TextRange& range : Regex(std::move(pattern)).find_all(text)) {
      found.emplace_back(text.substr(range.begin, range.end - range.begin));
    }
    return found;
  };
  using List = std::vector<std::string>;
  EXPECT_EQ(matches(R"(\p{N}{1,3}+)", "12345"), List{"12345"})
      << "{n,m}+ is no possessive quantifier";
  EXPECT_EQ(matches(R"([\p{L}&&[^a-c]]+)", "abcdef"), List{"def"});
  EXPECT_EQ(matches(R"([x[0-9]]+)", "ax12b"), List{"x12"});
  EXPECT_EQ(matches(R"([^x[0-9]]+)", "ax12b"), (List{"a", "b"}));
  EXPECT_EQ(matches(R"(\h+)", "xyzBEEFg"), List{"BEEF"}) << "\\h is a hexadecimal digit";
  EXPECT_EQ(matches(R"(\s)", "\xe1\xa0\x8e"), List{}) << "U+180E is no white space";
  EXPECT_EQ(matches(R"(\u0041+)", "xAA"), List{"AA"});
  EXPECT_EQ(matches(R"(\p{Letter}+)", "1ab"), List{"ab"});
  EXPECT_EQ(matches("(?=(\\d{3})+(?!\\d))", "1234567"), (List{"", ""})) << "empty matches count";
}

TEST(Regex, EndsInAnErrorWhenItIsHostile) {
  const std::string spaces(5000, ' ');
  EXPECT_NE(sentence_of(ErrorKind::unsupported,
                        [&] { (void)Regex(R"(\s*\s*\s*\s*[xz])").find_all(spaces + "y"); }),
            "");
  EXPECT_NE(sentence_of(ErrorKind::corrupt_file, [] { (void)Regex("(a"); }), "");
  EXPECT_NE(sentence_of(ErrorKind::corrupt_file, [] { (void)Regex("[a"); }), "");
  EXPECT_NE(sentence_of(ErrorKind::corrupt_file, [] { (void)Regex(std::string(200'000, '(')); }),
            "");
  EXPECT_NE(sentence_of(ErrorKind::corrupt_file, [] { (void)Regex(std::string(60'000, '[')); }),
            "");
}

// A small byte-level vocabulary in the keys of GGUF.
files::Metadata small_gguf() {
  using files::MetadataArray;
  files::Metadata metadata("small.gguf");
  metadata.set("tokenizer.ggml.model", std::string("gpt2"));
  metadata.set("tokenizer.ggml.pre", std::string("gpt-2"));
  metadata.set("tokenizer.ggml.tokens",
               MetadataArray(std::vector<std::string>{"a", "b", "ab", "<|im_end|>"}));
  metadata.set("tokenizer.ggml.token_type", MetadataArray(std::vector<std::int32_t>{1, 1, 1, 3}));
  metadata.set("tokenizer.ggml.merges", MetadataArray(std::vector<std::string>{"a b"}));
  metadata.set("tokenizer.ggml.bos_token_id", std::uint32_t{3});
  metadata.set("tokenizer.ggml.eos_token_id", std::uint32_t{0});
  return metadata;
}

std::string error_with(std::string_view key, files::MetadataValue value) {
  files::Metadata metadata = small_gguf();
  metadata.set(key, std::move(value));
  return sentence_of(ErrorKind::corrupt_file, [&] { (void)Tokenizer(rules_from_gguf(metadata)); });
}

TEST(GgufTokenizer, ReadsKeysAndFindsTheEnds) {
  const Tokenizer tokenizer(rules_from_gguf(small_gguf()));
  EXPECT_EQ(tokenizer.encode("abb", {false, true}), (std::vector<TokenId>{2, 1}));
  EXPECT_TRUE(tokenizer.ends_generation(3)) << "a well-known spelling";
  EXPECT_TRUE(tokenizer.ends_generation(0)) << "EOS";
  EXPECT_FALSE(tokenizer.ends_generation(1));
  EXPECT_EQ(tokenizer.description(), "BPE (byte-level), pre-tokenizer gpt-2");
}

TEST(GgufTokenizer, SaysWhenItDoesNotKnowThePreTokenizer) {
  files::Metadata metadata = small_gguf();
  metadata.set("tokenizer.ggml.pre", std::string("from-the-future"));
  const Tokenizer tokenizer(rules_from_gguf(metadata));
  ASSERT_EQ(tokenizer.warnings().size(), 1u);
  EXPECT_NE(tokenizer.warnings()[0].find("from-the-future"), std::string::npos);
}

TEST(GgufTokenizer, RefusesHostileVocabularies) {
  using files::MetadataArray;
  using Strings = std::vector<std::string>;
  const std::string ggml = "tokenizer.ggml.";
  EXPECT_NE(error_with(ggml + "bos_token_id", std::uint32_t{4}).find("bos_token_id"),
            std::string::npos);
  EXPECT_NE(error_with(ggml + "token_type", MetadataArray(std::vector<std::int32_t>{1}))
                .find("token_type"),
            std::string::npos);
  EXPECT_NE(error_with(ggml + "scores", MetadataArray(std::vector<float>(9))).find("scores"),
            std::string::npos);
  EXPECT_NE(error_with(ggml + "scores", MetadataArray(std::vector<float>(4, NAN))).find("score"),
            std::string::npos);
  EXPECT_NE(error_with(ggml + "merges", MetadataArray(Strings{"ab"})).find("merges"),
            std::string::npos);
  EXPECT_NE(error_with(ggml + "tokens", MetadataArray(Strings{"a", "b", "a", "c"})).find("'a'"),
            std::string::npos);
  EXPECT_NE(
      error_with(ggml + "tokens", MetadataArray(Strings{"a", "b", "\xff", "c"})).find("UTF-8"),
      std::string::npos);
  EXPECT_NE(error_with(ggml + "tokens", MetadataArray(Strings{})).find("tokens"),
            std::string::npos);
  EXPECT_NE(error_with(ggml + "tokens", std::uint32_t{1}).find("tokens"), std::string::npos);
  EXPECT_NE(
      error_with(kPreTokenizerKey, std::string(R"({"type":"Split","pattern":{"Regex":"(a"}})")),
      "");
  files::Metadata no_merges = small_gguf();
  no_merges.erase(ggml + "merges");
  EXPECT_NE(sentence_of(ErrorKind::corrupt_file, [&] { (void)rules_from_gguf(no_merges); })
                .find("merges"),
            std::string::npos);
  files::Metadata unknown = small_gguf();
  unknown.set(ggml + "model", std::string("rwkv"));
  EXPECT_NE(
      sentence_of(ErrorKind::unsupported, [&] { (void)rules_from_gguf(unknown); }).find("rwkv"),
      std::string::npos);
}

std::string json_error(ErrorKind kind, const std::string& json) {
  return sentence_of(kind, [&] {
    (void)Tokenizer(rules_from_tokenizer_json({{"tokenizer.json", json}}));
  });
}

TEST(JsonTokenizer, RefusesHostileFiles) {
  const auto with = [](const std::string& rest) {
    return R"({"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[]})" + rest + "}";
  };
  EXPECT_NE(json_error(ErrorKind::corrupt_file, "{}").find("model"), std::string::npos);
  EXPECT_NE(json_error(ErrorKind::corrupt_file, "[").find("tokenizer.json"), std::string::npos);
  EXPECT_NE(json_error(ErrorKind::corrupt_file,
                       R"({"model":{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}})")
                .find("id 0"),
            std::string::npos);
  EXPECT_NE(json_error(ErrorKind::corrupt_file,
                       R"({"model":{"type":"BPE","vocab":{"a":2000000000},"merges":[]}})")
                .find("2000000000"),
            std::string::npos);
  // A file of one token must not make a vocabulary of 65,538.
  EXPECT_NE(json_error(ErrorKind::corrupt_file,
                       R"({"model":{"type":"BPE","vocab":{"a":65538},"merges":[]}})")
                .find("below 65538"),
            std::string::npos);
  EXPECT_NE(
      json_error(ErrorKind::corrupt_file, with(R"(,"added_tokens":[{"id":70000,"content":"<x>"}])"))
          .find("below 65542"),
      std::string::npos);
  EXPECT_NE(json_error(ErrorKind::corrupt_file,
                       R"({"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}})")
                .find("-1"),
            std::string::npos);
  EXPECT_NE(json_error(ErrorKind::corrupt_file,
                       R"({"model":{"type":"BPE","vocab":{"a":0},"merges":["a c"]}})")
                .find("'c'"),
            std::string::npos);
  EXPECT_NE(json_error(ErrorKind::corrupt_file,
                       R"({"model":{"type":"Unigram","vocab":[["a",-1]],"unk_id":7}})")
                .find("unk_id"),
            std::string::npos);
  EXPECT_NE(
      json_error(ErrorKind::unsupported, with(R"(,"normalizer":{"type":"Shout"})")).find("Shout"),
      std::string::npos);
  EXPECT_NE(json_error(ErrorKind::unsupported, with(R"(,"pre_tokenizer":{"type":"Shout"})"))
                .find("Shout"),
            std::string::npos);
  EXPECT_NE(
      json_error(ErrorKind::unsupported, with(R"(,"decoder":{"type":"Shout"})")).find("Shout"),
      std::string::npos);
  EXPECT_NE(json_error(ErrorKind::unsupported, with(R"(,"post_processor":{"type":"Shout"})"))
                .find("Shout"),
            std::string::npos);
  EXPECT_NE(json_error(ErrorKind::unsupported, R"({"model":{"type":"Shout"}})").find("Shout"),
            std::string::npos);
}

TEST(SentencePieceModel, RefusesFilesCutAnywhere) {
  const std::string whole = read_text_file(kFolder + "spm_bpe.model");
  for (std::size_t size = 1; size < whole.size(); size += 97) {
    try {
      (void)rules_from_tokenizer_model(
          {{"tokenizer.model", whole.substr(0, size)}});  // may end between two fields
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::corrupt_file);
    }
  }
}

}  // namespace
}  // namespace nybble::text
