// The same vocabulary in the ways that GGUF and tokenizer.json write it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "text/tokenizer_rules.h"

namespace nybble::text {

// Tokens, merges and scores in the form that a kind of file wants, ids unchanged.
struct WrittenVocabulary {
  std::vector<TokenEntry> tokens;
  std::vector<std::pair<std::string, std::string>> merges;  // of BPE
};

// For GGUF: SentencePiece BPE with scores (made from the merges when the rules have none),
// WordPiece with U+2581 at the start of words. Throws Error(unsupported) when GGUF has no tokenizer
// model for the rules.
WrittenVocabulary vocabulary_for_gguf(const Tokenizer::Rules& rules);

// For tokenizer.json: merges (made from the scores when the rules have none), WordPiece with "##".
WrittenVocabulary vocabulary_for_hf(const Tokenizer::Rules& rules);

// The name of the tokenizer model in GGUF: gpt2, llama, t5 or bert.
std::string gguf_model_name(const Tokenizer::Rules& rules);

}  // namespace nybble::text
