// Where the documents of a text begin: the units of the bootstrap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "evaluate/token_scores.h"
#include "text/tokenizer.h"

namespace nybble::evaluate {

// Byte offsets at which documents begin, the first is 0. A document ends with "<|endoftext|>", or
// where a line " = Title = " opens the next article, as in WikiText; a text without either is one.
std::vector<std::size_t> find_documents(std::string_view text);

// The document of each token. Tokens are placed by the bytes that their pieces stand for; where
// normalization changed the text that is off by a few tokens, which resampling does not feel.
std::vector<std::uint32_t> documents_of_tokens(std::string_view text,
                                               std::span<const std::size_t> documents,
                                               const text::Tokenizer& tokenizer,
                                               std::span<const text::TokenId> tokens);

// Units for the bootstrap of scored tokens.
struct Units {
  std::vector<std::uint32_t> of_score;  // in [0, count)
  std::size_t count = 0;
  std::string_view name;  // "documents" or "windows"
};

// Documents where the scored tokens come from 20 of them or more, else windows, of `window` scored
// tokens each: few units give no honest interval.
Units choose_units(std::span<const TokenScore> scores, std::span<const std::uint32_t> document_of,
                   std::size_t window);

}  // namespace nybble::evaluate
