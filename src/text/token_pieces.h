// From tokens back to text, and which of them end an answer.
#pragma once

#include <string>
#include <vector>

#include "text/tokenizer_rules.h"

namespace nybble::text {

// The bytes that each token stands for within a text, by id.
std::vector<std::string> pieces_of_tokens(const Tokenizer::Rules& rules);

// Takes at most n spaces off the start of text. Returns how many it took.
int strip_leading_spaces(std::string& text, int n);

// By id: EOS, EOT, EOM, the ends that the file names, and control tokens with a well-known
// spelling.
std::vector<bool> tokens_that_end(const Tokenizer::Rules& rules);

}  // namespace nybble::text
