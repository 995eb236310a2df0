// Finds added tokens ("<|im_end|>") in text, before or after it is normalized.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer_rules.h"
#include "text/trie.h"

namespace nybble::text {

// A part of a text: a token, or bytes that are still to be encoded.
struct Fragment {
  std::size_t begin = 0, end = 0;
  TokenId id = -1;  // -1: bytes
};

class AddedTokens {
 public:
  // spelling(token): how the token looks in the text that is searched.
  AddedTokens(std::vector<AddedToken> tokens,
              const std::function<std::string(const AddedToken&)>& spelling);

  // The whole text as fragments; of tokens that start at one place the longest is taken.
  // with_special: control tokens count, else they are bytes.
  std::vector<Fragment> split(std::string_view text, bool with_special) const;

 private:
  std::vector<AddedToken> tokens_;
  Trie trie_;  // to the index in tokens_
};

}  // namespace nybble::text
