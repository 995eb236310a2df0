// Cuts a template's source into tokens by the rules of jinja2 with trim_blocks and lstrip_blocks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/jinja_value.h"

namespace nybble::text::jinja {

enum class TokenKind {
  data,
  variable_begin,
  variable_end,
  block_begin,
  block_end,
  name,
  text,
  integer,
  real,
  symbol,
  end,
};

struct Token {
  Token(TokenKind token_kind, int token_line, std::string_view token_text = {})
      : kind(token_kind), text(token_text), line(token_line) {}

  TokenKind kind;
  std::string text;  // of data, names, texts (unescaped) and symbols
  Int integer = 0;
  double real = 0;
  int line;
};

// Ends with a token `end`. Throws Error(corrupt_file) with the line.
std::vector<Token> tokenize_template(std::string_view source);

// Throws Error(corrupt_file) "chat template, line N: <sentence>".
[[noreturn]] void fail_syntax(int line, const std::string& sentence);

}  // namespace nybble::text::jinja
