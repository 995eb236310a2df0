// Byte-pair encoding: characters are merged with their neighbours, the best pair first.
#pragma once

#include <cstdint>

#include "text/id_map.h"
#include "text/wordwise_engine.h"

namespace nybble::text {

// Merges by a list (GPT-2, Hugging Face).
class MergesEngine : public WordwiseEngine {
 public:
  MergesEngine(const Tokenizer::Rules& rules, const MergesModel& model);

 private:
  std::vector<TokenId> encode_word(std::string_view word) const override;
  TokenId character_id(std::string_view word, std::size_t at, std::size_t length) const;

  const MergesModel& model_;
  Fallback fallback_;
  IdMap merges_;  // left and right id -> rank and id of the result
};

// Merges neighbours whose joint spelling is a token, by its score (SentencePiece).
class ScoresEngine : public WordwiseEngine {
 public:
  explicit ScoresEngine(const Tokenizer::Rules& rules);

 private:
  std::vector<TokenId> encode_word(std::string_view word) const override;

  const std::vector<TokenEntry>& tokens_;
  Fallback fallback_;
};

}  // namespace nybble::text
