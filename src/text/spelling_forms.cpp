#include "text/spelling_forms.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "base/error.h"

namespace nybble::text {
namespace {

constexpr std::string_view kSpaceMark = "\xe2\x96\x81";
constexpr std::size_t kLongestMerged = 256;  // bytes of a token for which merges are made

bool is_text(const TokenEntry& token) {
  return token.kind == TokenKind::normal;
}

std::vector<std::pair<std::string, std::string>> spelled(const Tokenizer::Rules& rules,
                                                         const std::vector<Merge>& merges) {
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(merges.size());
  for (const Merge& merge : merges) {
    pairs.emplace_back(rules.tokens[static_cast<std::size_t>(merge.left)].spelling,
                       rules.tokens[static_cast<std::size_t>(merge.right)].spelling);
  }
  return pairs;
}

// The earlier a merge, the higher the score of what it makes; SentencePiece numbers its own merges
// like that.
void score_by_merges(const std::vector<Merge>& merges, std::vector<TokenEntry>& tokens) {
  std::vector<bool> scored(tokens.size());
  float rank = 0;
  for (const Merge& merge : merges) {
    const auto result = static_cast<std::size_t>(merge.result);
    rank += 1;
    if (!scored[result]) tokens[result].score = -rank;
    scored[result] = true;
  }
}

// Every way to make a token of two others, by falling score. Source: transformers,
// SentencePieceExtractor.
std::vector<std::pair<std::string, std::string>> merges_by_scores(
    const std::vector<TokenEntry>& tokens) {
  std::unordered_map<std::string_view, std::size_t> ids;
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (is_text(tokens[id])) ids.emplace(tokens[id].spelling, id);
  }
  struct Made {
    float score;
    std::size_t id, cut;
  };
  std::vector<Made> made;
  for (const auto& [spelling, id] : ids) {
    if (spelling.size() > kLongestMerged) continue;
    for (std::size_t cut = 1; cut < spelling.size(); ++cut) {
      if (ids.contains(spelling.substr(0, cut)) && ids.contains(spelling.substr(cut)))
        made.push_back({tokens[id].score, id, cut});
    }
  }
  std::ranges::sort(made, [](const Made& a, const Made& b) {
    return std::tuple(-a.score, a.id, b.cut) < std::tuple(-b.score, b.id, a.cut);
  });
  std::vector<std::pair<std::string, std::string>> merges;
  merges.reserve(made.size());
  for (const Made& m : made)
    merges.emplace_back(tokens[m.id].spelling.substr(0, m.cut),
                        tokens[m.id].spelling.substr(m.cut));
  return merges;
}

// From one way of telling the start of a word from its continuation to another.
void respell_words(const WordPieceModel& from, const std::string& first, const std::string& next,
                   std::vector<TokenEntry>& tokens) {
  for (TokenEntry& token : tokens) {
    if (!is_text(token)) continue;
    const bool starts = from.next_prefix.empty() ? token.spelling.starts_with(from.first_prefix)
                                                 : !token.spelling.starts_with(from.next_prefix);
    token.spelling =
        (starts ? first : next) +
        token.spelling.substr(starts ? from.first_prefix.size() : from.next_prefix.size());
  }
}

}  // namespace

std::string gguf_model_name(const Tokenizer::Rules& rules) {
  struct Name {
    const Tokenizer::Rules& rules;
    std::string operator()(const MergesModel& model) const {
      if (rules.decoder.byte_level) return "gpt2";
      if (model.byte_fallback) return "llama";
      fail(ErrorKind::unsupported,
           "GGUF has no tokenizer for BPE that is neither byte-level nor falls back to bytes");
    }
    std::string operator()(const ScoresModel&) const { return "llama"; }
    std::string operator()(const UnigramModel&) const { return "t5"; }
    std::string operator()(const WordPieceModel&) const { return "bert"; }
  };
  return std::visit(Name{rules}, rules.model);
}

WrittenVocabulary vocabulary_for_gguf(const Tokenizer::Rules& rules) {
  WrittenVocabulary written{rules.tokens, {}};
  const std::string name = gguf_model_name(rules);
  if (const auto* words = std::get_if<WordPieceModel>(&rules.model)) {
    respell_words(*words, std::string(kSpaceMark), "", written.tokens);
  } else if (const auto* merges = std::get_if<MergesModel>(&rules.model)) {
    written.merges = spelled(rules, merges->merges);
    if (name == "llama") score_by_merges(merges->merges, written.tokens);
  }
  return written;
}

WrittenVocabulary vocabulary_for_hf(const Tokenizer::Rules& rules) {
  WrittenVocabulary written{rules.tokens, {}};
  if (const auto* words = std::get_if<WordPieceModel>(&rules.model)) {
    respell_words(*words, "", "##", written.tokens);
  } else if (const auto* merges = std::get_if<MergesModel>(&rules.model)) {
    written.merges = spelled(rules, merges->merges);
  } else if (std::holds_alternative<ScoresModel>(rules.model)) {
    written.merges = merges_by_scores(rules.tokens);
  }
  return written;
}

}  // namespace nybble::text
