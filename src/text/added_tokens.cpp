#include "text/added_tokens.h"

#include <algorithm>

#include "text/characters.h"

namespace nybble::text {
namespace {

// The character that ends before `at` (> 0); text is valid UTF-8.
Decoded character_before(std::string_view text, std::size_t at) {
  std::size_t begin = at - 1;
  while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) --begin;
  return decode_utf8(text, begin);
}

bool is_single_word(std::string_view text, std::size_t begin, std::size_t end) {
  const bool left = begin == 0 || !is_word(character_before(text, begin).character);
  const bool right = end == text.size() || !is_word(decode_utf8(text, end).character);
  return left && right;
}

std::size_t skip_spaces_left(std::string_view text, std::size_t at, std::size_t least) {
  while (at > least) {
    const Decoded before = character_before(text, at);
    if (!is_white_space(before.character)) break;
    at -= before.length;
  }
  return at;
}

std::size_t skip_spaces_right(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const Decoded next = decode_utf8(text, at);
    if (!is_white_space(next.character)) break;
    at += next.length;
  }
  return at;
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens,
                         const std::function<std::string(const AddedToken&)>& spelling)
    : tokens_(std::move(tokens)) {
  for (std::size_t i = 0; i < tokens_.size(); ++i)
    trie_.insert(spelling(tokens_[i]), static_cast<TokenId>(i));
}

std::vector<Fragment> AddedTokens::split(std::string_view text, bool with_special) const {
  std::vector<Fragment> fragments;
  std::size_t done = 0;
  const auto push_bytes_until = [&](std::size_t end) {
    if (end > done) fragments.push_back({done, end, -1});
  };
  for (std::size_t at = 0; !trie_.empty() && at < text.size();) {
    std::size_t length = 0;
    const AddedToken* token = nullptr;
    trie_.match(text, at, [&](std::size_t size, TokenId index) {
      length = size;
      token = &tokens_[static_cast<std::size_t>(index)];
    });
    std::size_t begin = at, end = at + length;
    at += std::max<std::size_t>(length, 1);
    if (token == nullptr || begin < done) continue;
    if (token->special && !with_special) continue;
    if (token->single_word && !is_single_word(text, begin, end)) continue;
    if (token->lstrip) begin = skip_spaces_left(text, begin, done);
    if (token->rstrip) end = skip_spaces_right(text, end);
    push_bytes_until(begin);
    fragments.push_back({begin, end, token->id});
    done = end;
  }
  push_bytes_until(text.size());
  return fragments;
}

}  // namespace nybble::text
