// WordPiece (BERT): the longest token from the left, again and again; a word that does not work out
// is unknown.
#pragma once

#include "text/token_engine.h"

namespace nybble::text {

class WordPieceEngine : public TokenEngine {
 public:
  WordPieceEngine(const Tokenizer::Rules& rules, const WordPieceModel& model)
      : model_(model), vocabulary_(rules.tokens), unknown_(rules.unknown) {}
  void encode(std::string_view piece, Memory& memory, std::vector<TokenId>& ids) const override;

 private:
  const WordPieceModel& model_;
  Vocabulary vocabulary_;
  std::optional<TokenId> unknown_;
};

}  // namespace nybble::text
