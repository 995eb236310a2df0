#include "text/wordpiece.h"

#include <algorithm>

namespace nybble::text {

void WordPieceEngine::encode(std::string_view word, Memory&, std::vector<TokenId>& ids) const {
  const auto is_start = [&](std::size_t at) {
    return at == word.size() || (static_cast<unsigned char>(word[at]) & 0xc0) != 0x80;
  };
  const auto characters =
      static_cast<std::size_t>(std::count_if(word.begin(), word.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
      }));
  const std::size_t before = ids.size();
  bool known = characters <= model_.max_word_characters;
  for (std::size_t at = 0; known && at < word.size();) {
    std::string spelling(at == 0 ? model_.first_prefix : model_.next_prefix);
    const std::size_t prefix = spelling.size();
    const std::size_t room = std::max(vocabulary_.longest(), prefix) - prefix;
    spelling += word.substr(at, room);
    TokenId id = -1;
    for (; spelling.size() > prefix; spelling.pop_back()) {
      if (is_start(at + spelling.size() - prefix)) id = vocabulary_.find(spelling);
      if (id >= 0) break;
    }
    known = id >= 0;
    if (known) ids.push_back(id);
    at += spelling.size() - prefix;
  }
  if (known) return;
  ids.resize(before);
  if (unknown_) ids.push_back(*unknown_);
}

}  // namespace nybble::text
