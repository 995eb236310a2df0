#include "text/tokenizer_gguf.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/utf8.h"
#include "text/gguf_extras.h"
#include "text/pre_tokenizer_names.h"
#include "text/token_engine.h"

namespace nybble::text {
namespace {

constexpr const char* kSpaceMark = "\xe2\x96\x81";

std::string key_of(std::string_view name) {
  return fmt::format("tokenizer.ggml.{}", name);
}

class GgufRules {
 public:
  explicit GgufRules(const files::Metadata& metadata) : metadata_(metadata) {}

  Tokenizer::Rules read() {
    const std::string model = metadata_.get_string(key_of("model"));
    read_tokens();
    if (model == "gpt2" || model == "gemma4" || model == "whitespace") {
      read_bpe(model);
    } else if (model == "llama") {
      read_sentencepiece();
    } else if (model == "t5") {
      read_unigram();
    } else if (model == "bert") {
      read_wordpiece();
    } else {
      fail(ErrorKind::unsupported,
           "{}: the tokenizer model '{}' is not known; known are gpt2, llama, t5, bert, gemma4 and "
           "whitespace",
           metadata_.where(), model);
    }
    read_special_ids();
    read_prefix_and_suffix(model);
    read_added_tokens();
    apply_gguf_extras(metadata_, rules_);
    return std::move(rules_);
  }

 private:
  [[noreturn]] void fail_key(std::string_view name, std::string_view what) const {
    fail(ErrorKind::corrupt_file, "{}: key '{}' {}", metadata_.where(), key_of(name), what);
  }

  void read_tokens() {
    const auto* spellings = metadata_.find_strings(key_of("tokens"));
    if (spellings == nullptr) fail_key("tokens", "is missing; expected the list of tokens");
    if (spellings->empty() || spellings->size() > 0x7fffffff)
      fail_key("tokens", "has no tokens, or more than 2^31");
    const auto kinds = metadata_.find_ints(key_of("token_type"));
    const auto scores = metadata_.find_floats(key_of("scores"));
    check_length("token_type", kinds ? kinds->size() : spellings->size(), spellings->size());
    check_length("scores", scores ? scores->size() : spellings->size(), spellings->size());
    rules_.tokens.resize(spellings->size());
    for (std::size_t id = 0; id < spellings->size(); ++id) {
      TokenEntry& token = rules_.tokens[id];
      // A token without spelling cannot be told from others; llama.cpp names it so too.
      token.spelling = (*spellings)[id].empty() ? fmt::format("[EMPTY_{}]", id) : (*spellings)[id];
      if (scores) token.score = static_cast<float>((*scores)[id]);
      if (kinds) token.kind = kind_of((*kinds)[id]);
    }
  }

  void check_length(std::string_view name, std::size_t found, std::size_t expected) const {
    if (found != expected)
      fail_key(name,
               fmt::format("has {} entries; expected one for each of {} tokens", found, expected));
  }

  static TokenKind kind_of(std::int64_t number) {
    return number >= 1 && number <= 6 ? static_cast<TokenKind>(number) : TokenKind::normal;
  }

  void read_bpe(const std::string& model) {
    const std::string name = metadata_.get_string(key_of("pre"), model == "gpt2" ? "" : model);
    const NamedPreTokenizer* named = find_pre_tokenizer(name);
    if (named == nullptr) {
      rules_.warnings.push_back(
          name.empty() ? "the file names no pre-tokenizer; 'default' is used"
                       : fmt::format("the pre-tokenizer '{}' is not known; 'default' is used",
                                     printable(name)));
      named = find_pre_tokenizer("default");
    }
    rules_.pre_name = named->name;
    rules_.pre_tokenizer = named->steps;
    rules_.normalizer = named->normalizer;
    adds_bos_ = named->adds_bos;
    MergesModel merges;
    merges.ignore_merges = named->ignore_merges;
    const bool byte_level = std::ranges::any_of(named->steps, [](const PreTokenizerStep& step) {
      return std::holds_alternative<ByteLevelText>(step);
    });
    rules_.decoder.byte_level = byte_level;
    if (!byte_level) {
      merges.byte_fallback = true;
      rules_.decoder.byte_fallback = true;
      rules_.decoder.replacements.emplace_back(kSpaceMark, " ");
    }
    read_merges(merges);
    rules_.model = std::move(merges);
  }

  void read_merges(MergesModel& model) {
    const auto* lines = metadata_.find_strings(key_of("merges"));
    if (lines == nullptr) fail_key("merges", "is missing; expected the list of merges");
    std::unordered_map<std::string_view, TokenId> ids;
    for (std::size_t id = 0; id < rules_.tokens.size(); ++id) {
      ids.emplace(rules_.tokens[id].spelling, static_cast<TokenId>(id));
    }
    std::size_t left_out = 0;
    for (const std::string& line : *lines) {
      const std::size_t space = line.find(' ', 1);
      if (space == line.npos)
        fail_key("merges", fmt::format("has '{}'; expected two tokens with a space between them",
                                       printable(line)));
      const auto left = ids.find(std::string_view(line).substr(0, space));
      const auto right = ids.find(std::string_view(line).substr(space + 1));
      const auto result = ids.find(line.substr(0, space) + line.substr(space + 1));
      if (left == ids.end() || right == ids.end() || result == ids.end()) {
        ++left_out;
      } else {
        model.merges.push_back({left->second, right->second, result->second});
      }
    }
    if (left_out > 0) {
      rules_.warnings.push_back(
          fmt::format("{} of {} merges name tokens that the vocabulary lacks; they are left out",
                      left_out, lines->size()));
    }
  }

  void read_sentencepiece() {
    rules_.model = ScoresModel{};
    if (!metadata_.find(key_of("scores")))
      fail_key("scores", "is missing; expected a score for each token");
    set_sentencepiece_text(true);
    adds_bos_ = true;
    defaults_ = {{"bos", 1}, {"eos", 2}, {"unknown", 0}};
  }

  void read_unigram() {
    rules_.model = UnigramModel{std::ranges::any_of(
        rules_.tokens, [](const TokenEntry& token) { return token.kind == TokenKind::byte; })};
    if (!metadata_.find(key_of("scores")))
      fail_key("scores", "is missing; expected a score for each token");
    if (const auto bytes = metadata_.find_ints(key_of("precompiled_charsmap"));
        bytes && !bytes->empty()) {
      Charsmap map;
      for (const std::int64_t byte : *bytes) map.bytes += static_cast<char>(byte & 0xff);
      rules_.normalizer.push_back(std::move(map));
    }
    set_sentencepiece_text(false);
    adds_eos_ = true;
    defaults_ = {{"eos", 1}, {"unknown", 2}, {"padding", 0}};
  }

  void set_sentencepiece_text(bool prefix_by_default) {
    const SentencePieceSpaces spaces{
        metadata_.get_bool(key_of("add_space_prefix"), prefix_by_default),
        metadata_.get_bool(key_of("remove_extra_whitespaces"), false),
        metadata_.get_bool("tokenizer.treat_whitespace_as_suffix", false)};
    rules_.normalizer.push_back(spaces);
    rules_.decoder.byte_fallback = true;
    rules_.decoder.replacements.emplace_back(kSpaceMark, " ");
    rules_.decoder.strip_start = spaces.add_prefix && !spaces.as_suffix ? 1 : 0;
  }

  void read_wordpiece() {
    // GGUF spells the start of a word with U+2581 and its continuation bare.
    rules_.model = WordPieceModel{kSpaceMark, ""};
    const bool lowercase = metadata_.get_bool("tokenizer.ggml.normalizer.lowercase", true);
    const bool accents = metadata_.get_bool("tokenizer.ggml.normalizer.strip_accents", lowercase);
    rules_.normalizer.push_back(BertText{true, true, accents, lowercase});
    rules_.pre_tokenizer.push_back(SplitBert{});
    rules_.decoder.replacements.emplace_back(kSpaceMark, " ");
    rules_.decoder.strip_start = 1;
    rules_.decoder.cleanup = true;
    adds_bos_ = true;
    adds_separator_ = true;
    defaults_ = {{"bos", 101}, {"unknown", 100}, {"separator", 102}, {"padding", 0}, {"mask", 103}};
  }

  // The id under `key`, else the default of the tokenizer model if the vocabulary has it.
  void read_id(std::string_view key, std::string_view name, std::optional<TokenId>& id) const {
    if (metadata_.find(key_of(key)) != nullptr) {
      const std::uint64_t number = metadata_.get_uint(key_of(key));
      if (number == 0xffffffffu) return;  // -1 of programs that mean "none"
      if (number >= rules_.tokens.size()) {
        fail_key(key, fmt::format("is {}; expected an id below {}, the number of tokens", number,
                                  rules_.tokens.size()));
      }
      id = static_cast<TokenId>(number);
      return;
    }
    for (const auto& [known, number] : defaults_) {
      if (known == name && static_cast<std::size_t>(number) < rules_.tokens.size()) id = number;
    }
  }

  void read_special_ids() {
    read_id("bos_token_id", "bos", rules_.bos);
    read_id("eos_token_id", "eos", rules_.eos);
    read_id("unknown_token_id", "unknown", rules_.unknown);
    read_id("seperator_token_id", "separator",
            rules_.separator);  // spelled so in the specification
    read_id("separator_token_id", "separator", rules_.separator);
    read_id("padding_token_id", "padding", rules_.padding);
    read_id("mask_token_id", "mask", rules_.mask);
    read_id("eot_token_id", "eot", rules_.eot);
    read_id("eom_token_id", "eom", rules_.eom);
  }

  void read_prefix_and_suffix(const std::string& model) {
    const bool adds_bos = metadata_.get_bool(key_of("add_bos_token"), adds_bos_) ||
                          model == "bert" || rules_.pre_name == "gemma4";
    const bool adds_eos = metadata_.get_bool(key_of("add_eos_token"), adds_eos_);
    const auto demand = [&](const std::optional<TokenId>& id, std::string_view add,
                            std::string_view key) {
      if (!id) fail_key(add, fmt::format("asks for a token that '{}' does not give", key_of(key)));
      return *id;
    };
    if (adds_bos) rules_.prefix.push_back(demand(rules_.bos, "add_bos_token", "bos_token_id"));
    if (model == "bert" && adds_separator_) {
      rules_.suffix.push_back(demand(rules_.separator, "add_sep_token", "seperator_token_id"));
    } else if (adds_eos) {
      rules_.suffix.push_back(demand(rules_.eos, "add_eos_token", "eos_token_id"));
    }
  }

  void read_added_tokens() {
    // The file does not say which tokens take the white space behind them; Phi-3's do, all but a
    // few.
    std::string name = metadata_.get_string("general.name", "");
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool is_phi3 = name.find("phi-3") != name.npos || name.find("phi3") != name.npos;
    for (std::size_t id = 0; id < rules_.tokens.size(); ++id) {
      const TokenEntry& token = rules_.tokens[id];
      const bool is_text = token.kind != TokenKind::control && token.kind != TokenKind::unknown;
      if (is_text && token.kind != TokenKind::user_defined) continue;
      AddedToken added{.id = static_cast<TokenId>(id), .special = !is_text};
      added.rstrip = is_phi3 && token.spelling != "<unk>" && token.spelling != "<s>" &&
                     token.spelling != "<|endoftext|>";
      rules_.added.push_back(added);
    }
  }

  const files::Metadata& metadata_;
  Tokenizer::Rules rules_;
  bool adds_bos_ = false, adds_eos_ = false, adds_separator_ = false;
  std::vector<std::pair<std::string_view, TokenId>> defaults_;
};

}  // namespace

Tokenizer::Rules rules_from_gguf(const files::Metadata& metadata) {
  return GgufRules(metadata).read();
}

}  // namespace nybble::text
