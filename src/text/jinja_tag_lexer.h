// Reads the words inside of a tag: names, numbers, strings, symbols.
#pragma once

#include <string>
#include <string_view>

#include "text/jinja_lexer.h"

namespace nybble::text::jinja {

class TagLexer {
 public:
  explicit TagLexer(std::string_view source) : source_(source) {}
  // No bracket is open: the tag may end here.
  bool balanced() const { return open_.empty(); }
  // The token at a place, which moves behind it.
  Token read(std::size_t& place, int line);

 private:
  bool read_number(std::size_t& place, Token& token) const;
  void read_integer(std::size_t& place, Token& token) const;
  bool read_name(std::size_t& place, Token& token) const;
  bool read_text(std::size_t& place, Token& token) const;
  void read_symbol(std::size_t& place, Token& token);
  char at(std::size_t place) const { return place < source_.size() ? source_[place] : '\0'; }
  std::size_t skip_digits(std::size_t place) const;

  std::string_view source_;
  std::string open_;  // the brackets that close what is open
};

// The value of a string literal's inside, as Python's codec unicode-escape reads it.
std::string unescape_literal(std::string_view inside, int line);

}  // namespace nybble::text::jinja
