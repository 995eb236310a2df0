// The unigram model: of all ways to cut a text into tokens, the one with the highest sum of scores.
#pragma once

#include "text/trie.h"
#include "text/wordwise_engine.h"

namespace nybble::text {

class UnigramEngine : public WordwiseEngine {
 public:
  UnigramEngine(const Tokenizer::Rules& rules, const UnigramModel& model);

 private:
  std::vector<TokenId> encode_word(std::string_view word) const override;

  const std::vector<TokenEntry>& tokens_;
  Trie trie_;
  Fallback fallback_;
  double unknown_score_ = 0;
};

}  // namespace nybble::text
