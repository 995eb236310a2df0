// Writes a tokenizer as the keys of GGUF that llama.cpp reads. Source of the keys: the GGUF
// specification.
#include <algorithm>
#include <unordered_set>

#include "base/error.h"
#include "base/utf8.h"
#include "text/gguf_extras.h"
#include "text/pre_tokenizer_names.h"
#include "text/spelling_forms.h"
#include "text/tokenizer_gguf.h"
#include "text/tokenizer_parts.h"

namespace nybble::text {
namespace {

using files::MetadataArray;

std::string key_of(std::string_view name) {
  return fmt::format("tokenizer.ggml.{}", name);
}

// An expression as files spell it: line ends as escapes.
std::string plain_pattern(std::string_view pattern) {
  std::string plain;
  for (const char c : pattern) {
    if (c == '\n') plain += "\\n";
    if (c == '\r') plain += "\\r";
    if (c != '\n' && c != '\r') plain += c;
  }
  return plain;
}

// Steps that cut alike look alike: the spelling of expressions and "remove all but the matches" do
// not count.
OrderedJson comparable(std::vector<PreTokenizerStep> steps) {
  for (PreTokenizerStep& step : steps) {
    auto* split = std::get_if<SplitText>(&step);
    if (split == nullptr) continue;
    split->pattern = plain_pattern(split->pattern);
    if (split->behavior == SplitBehavior::removed && split->invert) {
      split->behavior = SplitBehavior::isolated;
      split->invert = false;
    }
    const bool is_digit =
        split->is_regex && (split->pattern == "\\p{N}" || split->pattern == "\\p{N}{1}");
    if (is_digit && split->behavior == SplitBehavior::isolated) step = SplitDigits{true};
  }
  return pre_tokenizer_to_json(steps);
}

// The name whose steps are those of the rules; of several the one that agrees in more.
std::string_view name_of_pre_tokenizer(const Tokenizer::Rules& rules) {
  if (const NamedPreTokenizer* same = find_pre_tokenizer(rules.pre_name)) {
    if (comparable(same->steps) == comparable(rules.pre_tokenizer)) return same->name;
  }
  const OrderedJson wanted = comparable(rules.pre_tokenizer);
  const OrderedJson normalizer = normalizer_to_json(rules.normalizer);
  const auto* model = std::get_if<MergesModel>(&rules.model);
  const NamedPreTokenizer* best = nullptr;
  int best_score = -1;
  for (const NamedPreTokenizer& named : named_pre_tokenizers()) {
    if (comparable(named.steps) != wanted) continue;
    const bool merges_agree = model != nullptr && model->ignore_merges == named.ignore_merges;
    const int score = 2 * merges_agree + (normalizer_to_json(named.normalizer) == normalizer);
    if (score > best_score) best = &named, best_score = score;
  }
  return best == nullptr ? "default" : best->name;
}

// Whether text gets a space before it, wherever the rules say so.
bool adds_space_prefix(const Tokenizer::Rules& rules) {
  for (const NormalizerStep& step : rules.normalizer) {
    if (const auto* spaces = std::get_if<SentencePieceSpaces>(&step)) return spaces->add_prefix;
    if (std::holds_alternative<PrependText>(step)) return true;
  }
  for (const PreTokenizerStep& step : rules.pre_tokenizer) {
    const auto* metaspace = std::get_if<MetaspaceText>(&step);
    if (metaspace != nullptr) return metaspace->prepend != MetaspaceText::Prepend::never;
  }
  return false;
}

class GgufWriterOfRules {
 public:
  GgufWriterOfRules(const Tokenizer::Rules& rules, files::Metadata& metadata)
      : rules_(rules), metadata_(metadata) {}

  void write(int vocab_rows) {
    const std::string model = gguf_model_name(rules_);
    const WrittenVocabulary written = vocabulary_for_gguf(rules_);
    metadata_.set(key_of("model"), model);
    metadata_.set(key_of("pre"), model == "gpt2" ? std::string(name_of_pre_tokenizer(rules_))
                                                 : std::string("default"));
    write_tokens(written, model, vocab_rows);
    if (model == "gpt2") write_merges(written);
    if (model == "llama" || model == "t5") write_text_rules();
    if (model == "bert") write_bert_rules();
    write_ids();
    write_gguf_extras(rules_, rules_from_gguf(metadata_), metadata_);
  }

 private:
  void write_tokens(const WrittenVocabulary& written, const std::string& model, int vocab_rows) {
    std::vector<std::string> spellings;
    std::vector<std::int32_t> kinds;
    std::vector<float> scores;
    std::unordered_set<std::string> seen;
    const auto add = [&](const TokenEntry& token) {
      spellings.push_back(token.spelling);
      kinds.push_back(static_cast<std::int32_t>(token.kind));
      scores.push_back(token.score);
      seen.insert(token.spelling);
    };
    for (const TokenEntry& token : written.tokens) add(token);
    const auto rows = static_cast<std::size_t>(std::max(vocab_rows, 0));
    if (rows > 0 && rows < spellings.size()) {
      fail(ErrorKind::corrupt_file, "the tokenizer has {} tokens but the embedding only {} rows",
           spellings.size(), rows);
    }
    while (spellings.size() < rows) {
      std::string spelling = fmt::format("[PAD{}]", spellings.size());
      while (seen.contains(spelling)) spelling += '_';
      add({spelling, model == "gpt2" ? 0.0f : -1000.0f, TokenKind::unused});
    }
    metadata_.set(key_of("tokens"), MetadataArray(std::move(spellings)));
    if (model == "llama" || model == "t5")
      metadata_.set(key_of("scores"), MetadataArray(std::move(scores)));
    metadata_.set(key_of("token_type"), MetadataArray(std::move(kinds)));
  }

  void write_merges(const WrittenVocabulary& written) {
    std::vector<std::string> lines;
    lines.reserve(written.merges.size());
    for (const auto& [left, right] : written.merges) {
      if (left.find(' ') != left.npos || right.find(' ') != right.npos) {
        fail(ErrorKind::unsupported,
             "GGUF cannot hold the merge of '{}' and '{}': there is a space in it", printable(left),
             printable(right));
      }
      lines.push_back(left + " " + right);
    }
    metadata_.set(key_of("merges"), MetadataArray(std::move(lines)));
  }

  void write_text_rules() {
    bool removes_extra = false;
    for (const NormalizerStep& step : rules_.normalizer) {
      if (const auto* map = std::get_if<Charsmap>(&step)) {
        metadata_.set(key_of("precompiled_charsmap"), MetadataArray(std::vector<std::uint8_t>(
                                                          map->bytes.begin(), map->bytes.end())));
      }
      if (const auto* spaces = std::get_if<SentencePieceSpaces>(&step)) {
        removes_extra = spaces->remove_extra;
        if (spaces->as_suffix) metadata_.set("tokenizer.treat_whitespace_as_suffix", true);
      }
    }
    metadata_.set(key_of("add_space_prefix"), adds_space_prefix(rules_));
    metadata_.set(key_of("remove_extra_whitespaces"), removes_extra);
  }

  void write_bert_rules() {
    for (const NormalizerStep& step : rules_.normalizer) {
      if (const auto* bert = std::get_if<BertText>(&step)) {
        metadata_.set(key_of("normalizer.lowercase"), bert->lowercase);
        metadata_.set(key_of("normalizer.strip_accents"), bert->strip_accents);
      }
    }
  }

  void write_ids() {
    const auto set = [&](std::string_view name, const std::optional<TokenId>& id) {
      if (id) metadata_.set(key_of(name), static_cast<std::uint32_t>(*id));
    };
    set("bos_token_id", rules_.bos);
    set("eos_token_id", rules_.eos);
    set("eot_token_id", rules_.eot);
    set("eom_token_id", rules_.eom);
    set("unknown_token_id", rules_.unknown);
    set("seperator_token_id", rules_.separator);
    set("padding_token_id", rules_.padding);
    set("mask_token_id", rules_.mask);
    const auto has = [](const std::vector<TokenId>& ids, const std::optional<TokenId>& id) {
      return id && std::ranges::find(ids, *id) != ids.end();
    };
    metadata_.set(key_of("add_bos_token"), has(rules_.prefix, rules_.bos));
    metadata_.set(key_of("add_eos_token"), has(rules_.suffix, rules_.eos));
  }

  const Tokenizer::Rules& rules_;
  files::Metadata& metadata_;
};

}  // namespace

void write_gguf_tokenizer(const Tokenizer& tokenizer, int vocab_rows, files::Metadata& metadata) {
  GgufWriterOfRules(tokenizer.rules(), metadata).write(vocab_rows);
}

}  // namespace nybble::text
