#include "text/bpe.h"

#include <algorithm>
#include <optional>
#include <queue>

#include "base/error.h"
#include "text/characters.h"

namespace nybble::text {
namespace {

// A part of a word: bytes [begin, begin + size), linked to its neighbours. size 0: merged away.
struct Symbol {
  int previous = -1, next = -1;
  std::uint32_t begin = 0, size = 0;
  TokenId id = -1;
};

// The better pair has the lower cost; of equal ones, the left one.
struct Pair {
  double cost = 0;
  int left = 0, right = 0;
  std::uint32_t size = 0;  // of both when the pair was seen: tells stale ones
  TokenId result = -1;
  bool operator<(const Pair& other) const {  // std::priority_queue pops the greatest
    return cost != other.cost ? cost > other.cost : left > other.left;
  }
};

struct Found {
  double cost = 0;
  TokenId result = -1;
};

// Merges until nothing is left to merge: n log n. find(left, right) gives the cost and the result
// of a pair, if any.
template <class Find>
void merge_symbols(std::vector<Symbol>& symbols, Find&& find) {
  std::vector<Pair> pairs;
  const auto look = [&](int left, int right, auto&& push) {
    if (left < 0 || right < 0) return;
    const Symbol& a = symbols[static_cast<std::size_t>(left)];
    const Symbol& b = symbols[static_cast<std::size_t>(right)];
    if (const std::optional<Found> found = find(a, b))
      push({found->cost, left, right, a.size + b.size, found->result});
  };
  for (int i = 1; i < static_cast<int>(symbols.size()); ++i) {
    look(i - 1, i, [&](const Pair& pair) { pairs.push_back(pair); });
  }
  std::priority_queue<Pair> queue(std::less<Pair>{}, std::move(pairs));
  while (!queue.empty()) {
    const Pair pair = queue.top();
    queue.pop();
    Symbol& left = symbols[static_cast<std::size_t>(pair.left)];
    Symbol& right = symbols[static_cast<std::size_t>(pair.right)];
    if (left.size == 0 || left.next != pair.right || left.size + right.size != pair.size) continue;
    left.size = pair.size;
    left.id = pair.result;
    left.next = right.next;
    right.size = 0;
    if (right.next >= 0) symbols[static_cast<std::size_t>(right.next)].previous = pair.left;
    const auto push = [&](const Pair& more) { queue.push(more); };
    look(left.previous, pair.left, push);
    look(pair.left, left.next, push);
  }
}

void link(std::vector<Symbol>& symbols) {
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    symbols[i].previous = static_cast<int>(i) - 1;
    symbols[i].next = i + 1 < symbols.size() ? static_cast<int>(i) + 1 : -1;
  }
}

}  // namespace

MergesEngine::MergesEngine(const Tokenizer::Rules& rules, const MergesModel& model)
    : WordwiseEngine(rules),
      model_(model),
      fallback_(rules, model.byte_fallback, model.fuse_unknown),
      merges_(model.merges.size()) {
  std::uint64_t rank = 0;
  for (const Merge& merge : model.merges) {
    const std::uint64_t key = std::uint64_t{static_cast<std::uint32_t>(merge.left)} << 32 |
                              static_cast<std::uint32_t>(merge.right);
    merges_.insert(key, rank++ << 32 | static_cast<std::uint32_t>(merge.result));
  }
}

TokenId MergesEngine::character_id(std::string_view word, std::size_t at,
                                   std::size_t length) const {
  if (model_.continuing_prefix.empty() && model_.word_suffix.empty())
    return vocabulary_.find(word.substr(at, length));
  std::string spelling(at == 0 ? "" : model_.continuing_prefix);
  spelling += word.substr(at, length);
  if (at + length == word.size()) spelling += model_.word_suffix;
  return vocabulary_.find(spelling);
}

std::vector<TokenId> MergesEngine::encode_word(std::string_view word) const {
  if (model_.ignore_merges) {
    if (const TokenId id = vocabulary_.find(word); id >= 0) return {id};
  }
  std::vector<Symbol> symbols;
  std::vector<TokenId> fallback_ids;
  for (std::size_t at = 0; at < word.size();) {
    const std::size_t length =
        std::min(utf8_length(static_cast<unsigned char>(word[at])), word.size() - at);
    const TokenId id = character_id(word, at, length);
    if (id >= 0) {
      symbols.push_back({-1, -1, 0, static_cast<std::uint32_t>(length), id});
    } else {  // its tokens may merge like any other
      fallback_ids.clear();
      if (model_.fuse_unknown && !symbols.empty() && symbols.back().id == fallback_.unknown) {
        fallback_ids.push_back(fallback_.unknown);
      }
      const std::size_t before = fallback_ids.size();
      fallback_.append(word.substr(at, length), fallback_ids);
      for (std::size_t i = before; i < fallback_ids.size(); ++i)
        symbols.push_back({-1, -1, 0, 1, fallback_ids[i]});
    }
    at += length;
  }
  link(symbols);
  merge_symbols(symbols, [&](const Symbol& a, const Symbol& b) -> std::optional<Found> {
    const std::uint64_t key =
        std::uint64_t{static_cast<std::uint32_t>(a.id)} << 32 | static_cast<std::uint32_t>(b.id);
    const std::uint64_t* merge = merges_.find(key);
    if (merge == nullptr) return std::nullopt;
    return Found{static_cast<double>(*merge >> 32), static_cast<TokenId>(*merge & 0xffffffffu)};
  });
  std::vector<TokenId> ids;
  for (const Symbol& symbol : symbols) {
    if (symbol.size > 0) ids.push_back(symbol.id);
  }
  return ids;
}

ScoresEngine::ScoresEngine(const Tokenizer::Rules& rules)
    : WordwiseEngine(rules), tokens_(rules.tokens), fallback_(rules, true, true) {}

std::vector<TokenId> ScoresEngine::encode_word(std::string_view word) const {
  std::vector<Symbol> symbols;
  for (std::size_t at = 0; at < word.size();) {
    const std::size_t length =
        std::min(utf8_length(static_cast<unsigned char>(word[at])), word.size() - at);
    const TokenId id = vocabulary_.find(word.substr(at, length));
    symbols.push_back(
        {-1, -1, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length), id});
    at += length;
  }
  link(symbols);
  merge_symbols(symbols, [&](const Symbol& a, const Symbol& b) -> std::optional<Found> {
    const TokenId id = vocabulary_.find(word.substr(a.begin, a.size + b.size));
    if (id < 0) return std::nullopt;
    return Found{-static_cast<double>(tokens_[static_cast<std::size_t>(id)].score), id};
  });
  std::vector<TokenId> ids;
  for (const Symbol& symbol : symbols) {
    if (symbol.size == 0) continue;
    if (symbol.id >= 0) {
      ids.push_back(symbol.id);
    } else {
      fallback_.append(word.substr(symbol.begin, symbol.size), ids);
    }
  }
  return ids;
}

}  // namespace nybble::text
