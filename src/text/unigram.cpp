#include "text/unigram.h"

#include <algorithm>
#include <limits>

#include "text/characters.h"

namespace nybble::text {
namespace {

// An unknown character costs this much more than the worst token. Source: SentencePiece,
// unigram_model.cc.
constexpr double kUnknownPenalty = 10;

// The best way to reach a place in the text: its last token and where that starts.
struct Arrival {
  double score = -std::numeric_limits<double>::infinity();
  std::size_t begin = 0;
  TokenId id = -1;  // -1: a character that no token spells
};

}  // namespace

UnigramEngine::UnigramEngine(const Tokenizer::Rules& rules, const UnigramModel& model)
    : WordwiseEngine(rules), tokens_(rules.tokens), fallback_(rules, model.byte_fallback, true) {
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t id = 0; id < tokens_.size(); ++id) {
    const TokenKind kind = tokens_[id].kind;
    if (kind == TokenKind::normal) lowest = std::min(lowest, double{tokens_[id].score});
    if (kind == TokenKind::normal || kind == TokenKind::user_defined || kind == TokenKind::unused) {
      trie_.insert(tokens_[id].spelling, static_cast<TokenId>(id));
    }
  }
  unknown_score_ =
      (lowest < std::numeric_limits<double>::infinity() ? lowest : 0) - kUnknownPenalty;
}

std::vector<TokenId> UnigramEngine::encode_word(std::string_view word) const {
  std::vector<Arrival> best(word.size() + 1);
  best[0].score = 0;
  const auto arrive = [&](std::size_t begin, std::size_t end, TokenId id, double score) {
    if (best[begin].score + score > best[end].score)
      best[end] = {best[begin].score + score, begin, id};
  };
  for (std::size_t at = 0; at < word.size();) {
    const std::size_t length =
        std::min(utf8_length(static_cast<unsigned char>(word[at])), word.size() - at);
    bool spelled = false;
    trie_.match(word, at, [&](std::size_t size, TokenId id) {
      const TokenEntry& token = tokens_[static_cast<std::size_t>(id)];
      arrive(at, at + size, id, token.kind == TokenKind::user_defined ? 0 : token.score);
      spelled = spelled || size == length;
    });
    if (!spelled) arrive(at, at + length, -1, unknown_score_);
    at += length;
  }
  std::vector<Arrival> path;
  std::vector<std::size_t> ends;
  for (std::size_t end = word.size(); end > 0; end = best[end].begin) {
    path.push_back(best[end]);
    ends.push_back(end);
  }
  std::vector<TokenId> ids;
  for (std::size_t i = path.size(); i-- > 0;) {
    if (path[i].id >= 0) {
      ids.push_back(path[i].id);
    } else {
      fallback_.append(word.substr(path[i].begin, ends[i] - path[i].begin), ids);
    }
  }
  return ids;
}

}  // namespace nybble::text
