// Reads the words inside of a tag: names, numbers, strings, symbols.
#include "text/jinja_tag_lexer.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "text/characters.h"
#include "text/python_text.h"

namespace nybble::text::jinja {
namespace {

bool is_ascii_digit(char c) {
  return c >= '0' && c <= '9';
}

int digit_value(char c) {
  if (is_ascii_digit(c)) return c - '0';
  const char small = static_cast<char>(c | 0x20);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : 99;
}

// Digits with single underscores between them; nothing but underscores is left out.
Int parse_digits(std::string_view digits, int base, int line) {
  Int value = 0;
  for (const char c : digits) {
    if (c == '_') continue;
    if (__builtin_mul_overflow(value, Int{base}, &value) ||
        __builtin_add_overflow(value, Int{digit_value(c)}, &value)) {
      fail_syntax(line, "expected an integer of at most 127 bits, found a larger one");
    }
  }
  return value;
}

}  // namespace

Token TagLexer::read(std::size_t& place, int line) {
  Token token(TokenKind::symbol, line);
  if (read_number(place, token) || read_name(place, token) || read_text(place, token)) return token;
  read_symbol(place, token);
  return token;
}

// The end of \d+(_\d+)*, or the place itself.
std::size_t TagLexer::skip_digits(std::size_t place) const {
  const std::size_t start = place;
  while (is_ascii_digit(at(place)) ||
         (place > start && at(place) == '_' && is_ascii_digit(at(place + 1)))) {
    ++place;
  }
  return place;
}

bool TagLexer::read_number(std::size_t& place, Token& token) const {
  const std::size_t whole = skip_digits(place);
  if (whole == place) return false;
  const bool after_dot = place > 0 && source_[place - 1] == '.';
  std::size_t end = whole;
  if (at(end) == '.' && skip_digits(end + 1) > end + 1) end = skip_digits(end + 1);
  if ((at(end) | 0x20) == 'e') {
    const std::size_t digits = end + (at(end + 1) == '+' || at(end + 1) == '-' ? 2 : 1);
    if (skip_digits(digits) > digits) end = skip_digits(digits);
  }
  if (after_dot || end == whole) {
    read_integer(place, token);
    return true;
  }
  std::string text;
  for (const char c : source_.substr(place, end - place)) {
    if (c != '_') text += c;
  }
  token.kind = TokenKind::real;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), token.real);
  if (result.ec != std::errc()) {
    fail_syntax(token.line, fmt::format("expected a number in range, found {}", text));
  }
  place = end;
  return true;
}

// 0x.., 0o.., 0b.., zeros, or digits that do not begin with 0.
void TagLexer::read_integer(std::size_t& place, Token& token) const {
  token.kind = TokenKind::integer;
  const char mark = static_cast<char>(at(place + 1) | 0x20);
  const int base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
  const auto is_digit = [&](std::size_t i) {
    return digit_value(at(i + (at(i) == '_' ? 1U : 0U))) < base;
  };
  if (at(place) == '0' && base != 10 && is_digit(place + 2)) {
    std::size_t end = place + 2;
    while (is_digit(end)) end += at(end) == '_' ? 2 : 1;
    token.integer = parse_digits(source_.substr(place + 2, end - place - 2), base, token.line);
    place = end;
    return;
  }
  std::size_t end = place + 1;
  const bool zeros = at(place) == '0';
  const auto belongs = [&](char c) { return zeros ? c == '0' : is_ascii_digit(c); };
  while (belongs(at(end)) || (at(end) == '_' && belongs(at(end + 1)))) ++end;
  token.integer = parse_digits(source_.substr(place, end - place), 10, token.line);
  place = end;
}

bool TagLexer::read_name(std::size_t& place, Token& token) const {
  std::size_t end = place;
  while (end < source_.size()) {
    std::size_t next = end;
    if (!python::is_word(python::next_code_point(source_, next))) break;
    end = next;
  }
  if (end == place) return false;
  token.kind = TokenKind::name;
  token.text = source_.substr(place, end - place);
  if (!python::is_identifier(token.text)) {
    fail_syntax(token.line, fmt::format("expected a name, found '{}'", token.text));
  }
  place = end;
  return true;
}

bool TagLexer::read_text(std::size_t& place, Token& token) const {
  const char quote = at(place);
  if (quote != '\'' && quote != '"') return false;
  std::size_t end = place + 1;
  while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
  if (end >= source_.size()) fail_syntax(token.line, "expected the end of a string, found none");
  token.kind = TokenKind::text;
  token.text = unescape_literal(source_.substr(place + 1, end - place - 1), token.line);
  place = end + 1;
  return true;
}

void TagLexer::read_symbol(std::size_t& place, Token& token) {
  static constexpr std::array<std::string_view, 26> symbols = {
      "**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[",
      "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ",", ";"};
  for (const std::string_view symbol : symbols) {
    if (!source_.substr(place).starts_with(symbol)) continue;
    const char c = symbol[0];
    if (c == '(') open_ += ')';
    if (c == '[') open_ += ']';
    if (c == '{') open_ += '}';
    if (c == ')' || c == ']' || c == '}') {
      if (open_.empty() || open_.back() != c) {
        fail_syntax(token.line, open_.empty()
                                    ? fmt::format("found '{}' without its opening bracket", c)
                                    : fmt::format("expected '{}', found '{}'", open_.back(), c));
      }
      open_.pop_back();
    }
    token.kind = TokenKind::symbol;
    token.text = symbol;
    place += symbol.size();
    return;
  }
  std::size_t end = place;
  python::next_code_point(source_, end);
  fail_syntax(token.line, fmt::format("expected an expression, found the character '{}'",
                                      source_.substr(place, end - place)));
}

namespace {

class Unescaper {
 public:
  Unescaper(std::string_view inside, int line) : inside_(inside), line_(line) {}

  std::string run() {
    while (place_ < inside_.size()) {
      const std::size_t plain = std::min(inside_.find('\\', place_), inside_.size());
      out_.append(inside_.substr(place_, plain - place_));
      place_ = plain;
      if (place_ < inside_.size()) read_escape();
    }
    return std::move(out_);
  }

 private:
  void read_escape() {
    static constexpr std::string_view letters = "\\'\"abfnrtv";
    static constexpr std::string_view values = "\\'\"\a\b\f\n\r\t\v";
    if (++place_ >= inside_.size()) fail_syntax(line_, "a string ends with a backslash");
    const char c = inside_[place_];
    if (c == '\n') {
      ++place_;
    } else if (const std::size_t known = letters.find(c); known != std::string_view::npos) {
      out_ += values[known];
      ++place_;
    } else if (c >= '0' && c <= '7') {
      read_octal();
    } else if (c == 'x' || c == 'u' || c == 'U') {
      ++place_;
      append(read_hex(c == 'x' ? 2 : c == 'u' ? 4 : 8));
    } else if (c == 'N') {
      fail_syntax(line_, "escapes by name, \\N{...}, are not supported: write \\uXXXX");
    } else {
      keep_backslash();
    }
  }

  void read_octal() {
    char32_t value = 0;
    for (int i = 0; i < 3 && place_ < inside_.size(); ++i, ++place_) {
      const char c = inside_[place_];
      if (c < '0' || c > '7') break;
      value = value * 8 + static_cast<char32_t>(c - '0');
    }
    append(value);
  }

  char32_t read_hex(std::size_t digits) {
    char32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i, ++place_) {
      const int digit = place_ < inside_.size() ? digit_value(inside_[place_]) : 99;
      if (digit > 15)
        fail_syntax(line_, fmt::format("expected {} hex digits after a backslash", digits));
      value = value * 16 + static_cast<char32_t>(digit);
    }
    return value;
  }

  // An unknown escape stays. Python writes other letters than ASCII as escapes first, so their
  // backslash is doubled.
  void keep_backslash() {
    out_ += '\\';
    const char32_t c = python::next_code_point(inside_, place_);
    const auto code = static_cast<std::uint32_t>(c);
    if (c < 0x80) {
      out_ += static_cast<char>(c);
    } else if (c < 0x100) {
      out_ += fmt::format("x{:02x}", code);
    } else {
      out_ += c < 0x10000 ? fmt::format("u{:04x}", code) : fmt::format("U{:08x}", code);
    }
  }

  void append(char32_t c) {
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
      fail_syntax(line_, fmt::format("expected a Unicode character, found the escape of U+{:04X}",
                                     static_cast<std::uint32_t>(c)));
    }
    append_utf8(out_, c);
  }

  std::string_view inside_;
  int line_;
  std::size_t place_ = 0;
  std::string out_;
};

}  // namespace

std::string unescape_literal(std::string_view inside, int line) {
  return Unescaper(inside, line).run();
}

}  // namespace nybble::text::jinja
