// What BPE and unigram share: work is done word by word where no token reaches from one word into
// the next, and words that were seen before are remembered.
#pragma once

#include <string_view>
#include <vector>

#include "text/token_engine.h"

namespace nybble::text {

class WordwiseEngine : public TokenEngine {
 public:
  std::unique_ptr<Memory> make_memory() const override;
  void encode(std::string_view piece, Memory& memory, std::vector<TokenId>& ids) const override;

 protected:
  explicit WordwiseEngine(const Tokenizer::Rules& rules);
  virtual std::vector<TokenId> encode_word(std::string_view word) const = 0;

  Vocabulary vocabulary_;

 private:
  bool words_are_separate_;  // no token has U+2581 behind another character
};

}  // namespace nybble::text
