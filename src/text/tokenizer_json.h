// Tokenizer rules from the texts of a Hugging Face directory.
#pragma once

#include <map>
#include <string>

#include "text/tokenizer_rules.h"

namespace nybble::text {

using TextsByName = std::map<std::string, std::string, std::less<>>;

// From tokenizer.json, which must be there. Throws Error(corrupt_file | unsupported).
Tokenizer::Rules rules_from_tokenizer_json(const TextsByName& texts);

// From tokenizer.model (SentencePiece), which must be there. Throws Error(corrupt_file |
// unsupported).
Tokenizer::Rules rules_from_tokenizer_model(const TextsByName& texts);

// What the files beside them say: tokenizer_config.json, special_tokens_map.json,
// added_tokens.json, config.json and generation_config.json. Changes special ids, added tokens,
// prefix and suffix.
void apply_config_texts(const TextsByName& texts, Tokenizer::Rules& rules);

// Ids of a file that lists n tokens stay below this: real vocabularies have few holes, and a small
// file must not make a large one.
constexpr std::size_t id_limit(std::size_t n_listed) {
  return 2 * n_listed + (std::size_t{1} << 16);
}

// Adds a token, or gives the flags to one that is there; names a hole "[PAD7]". Throws
// Error(corrupt_file).
void place_token(Tokenizer::Rules& rules, TokenId id, const std::string& spelling, TokenKind kind,
                 const std::string& where, std::size_t limit);

}  // namespace nybble::text
