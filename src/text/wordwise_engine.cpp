#include "text/wordwise_engine.h"

#include <algorithm>
#include <string>
#include <utility>

namespace nybble::text {
namespace {

constexpr std::string_view kSpaceMark = "\xe2\x96\x81";
constexpr std::size_t kLongestRemembered = 64;    // bytes of a word
constexpr std::size_t kMostRemembered = 1 << 17;  // words

std::size_t skip_marks(std::string_view text) {
  std::size_t at = 0;
  while (text.substr(at, kSpaceMark.size()) == kSpaceMark) at += kSpaceMark.size();
  return at;
}

bool mark_follows_other(std::string_view spelling) {
  return spelling.find(kSpaceMark, skip_marks(spelling)) != spelling.npos;
}

// Words and their tokens, as far as they were seen in this call.
struct WordMemory : TokenEngine::Memory {
  std::unordered_map<std::string, std::pair<std::size_t, std::size_t>>
      words;  // first and end in ids
  std::vector<TokenId> ids;
};

}  // namespace

WordwiseEngine::WordwiseEngine(const Tokenizer::Rules& rules) : vocabulary_(rules.tokens) {
  words_are_separate_ =
      std::none_of(rules.tokens.begin(), rules.tokens.end(),
                   [](const TokenEntry& token) { return mark_follows_other(token.spelling); });
}

std::unique_ptr<TokenEngine::Memory> WordwiseEngine::make_memory() const {
  return std::make_unique<WordMemory>();
}

void WordwiseEngine::encode(std::string_view piece, Memory& memory,
                            std::vector<TokenId>& ids) const {
  auto& seen = static_cast<WordMemory&>(memory);
  while (!piece.empty()) {
    const std::size_t length =
        words_are_separate_ ? std::min(piece.find(kSpaceMark, skip_marks(piece)), piece.size())
                            : piece.size();
    const std::string_view word = piece.substr(0, length);
    piece.remove_prefix(length);
    if (word.size() > kLongestRemembered) {
      const std::vector<TokenId> word_ids = encode_word(word);
      ids.insert(ids.end(), word_ids.begin(), word_ids.end());
      continue;
    }
    if (seen.words.size() >= kMostRemembered) seen.words.clear(), seen.ids.clear();
    const auto [it, is_new] =
        seen.words.try_emplace(std::string(word), seen.ids.size(), seen.ids.size());
    if (is_new) {
      const std::vector<TokenId> word_ids = encode_word(word);
      seen.ids.insert(seen.ids.end(), word_ids.begin(), word_ids.end());
      it->second.second = seen.ids.size();
    }
    ids.insert(ids.end(), seen.ids.begin() + static_cast<std::ptrdiff_t>(it->second.first),
               seen.ids.begin() + static_cast<std::ptrdiff_t>(it->second.second));
  }
}

}  // namespace nybble::text
