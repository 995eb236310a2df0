// Cuts a template's source into tokens: text outside of tags here, words inside of tags by
// TagLexer.
#include "text/jinja_lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "text/jinja_tag_lexer.h"
#include "text/python_text.h"

namespace nybble::text::jinja {

void fail_syntax(int line, const std::string& sentence) {
  fail(ErrorKind::corrupt_file, "chat template, line {}: {}", line, sentence);
}

namespace {

// All line ends become \n, and the last one goes, as jinja2 does.
std::string normalize_source(std::string_view source) {
  std::string text;
  text.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      text += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      text += source[i];
    }
  }
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

class Lexer {
 public:
  explicit Lexer(std::string source) : source_(std::move(source)) {}

  std::vector<Token> run() {
    while (place_ < source_.size()) {
      const std::size_t tag = find_tag();
      if (tag == std::string::npos) {
        add_data(std::string_view(source_).substr(place_));
        break;
      }
      read_tag(tag);
    }
    tokens_.emplace_back(TokenKind::end, line_);
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return std::string_view(source_).substr(place_); }

  void add_data(std::string_view data) {
    if (!data.empty()) tokens_.emplace_back(TokenKind::data, line_, data);
  }

  std::size_t find_tag() const {
    for (std::size_t i = source_.find('{', place_); i != std::string::npos;
         i = source_.find('{', i + 1)) {
      const char next = i + 1 < source_.size() ? source_[i + 1] : ' ';
      if (next == '{' || next == '%' || next == '#') return i;
    }
    return std::string::npos;
  }

  char sign_at(std::size_t place) const {
    const char c = place < source_.size() ? source_[place] : ' ';
    return c == '-' || c == '+' ? c : ' ';
  }

  // The text before a tag, without what the tag's sign or lstrip_blocks takes away.
  std::string_view strip_before(std::string_view text, char sign, bool variable) const {
    if (sign == '-') return python::strip(text, std::nullopt, python::Sides::right);
    if (sign == '+' || variable) return text;
    const std::size_t line_start = text.rfind('\n') + 1;  // 0 when there is no line end
    if (line_start == 0 && !line_starting_) return text;
    const std::string_view margin = text.substr(line_start);
    const bool blank = python::strip(margin, std::nullopt, python::Sides::both).empty();
    return blank ? text.substr(0, line_start) : text;
  }

  // Moves behind bytes, counting lines.
  void move_to(std::size_t place) {
    line_ +=
        static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(place_),
                                    source_.begin() + static_cast<std::ptrdiff_t>(place), '\n'));
    place_ = place;
    line_starting_ = place > 0 && source_[place - 1] == '\n';
  }

  std::size_t skip_space(std::size_t place) const {
    while (place < source_.size()) {
      std::size_t next = place;
      if (!python::is_space(python::next_code_point(source_, next))) break;
      place = next;
    }
    return place;
  }

  // The place behind the end of a tag ("%}", "-%}" and white space, "%}" and a line end); npos: no
  // end stands here.
  std::size_t match_end(std::size_t place, char closing, bool plus, bool trim) const {
    const char sign = sign_at(place);
    if (sign != ' ' && (sign == '-' || plus)) ++place;
    if (sign == '+' && !plus) return std::string::npos;
    if (place + 1 >= source_.size() || source_[place] != closing || source_[place + 1] != '}') {
      return std::string::npos;
    }
    place += 2;
    if (sign == '-') return skip_space(place);
    if (sign == ' ' && trim && place < source_.size() && source_[place] == '\n') ++place;
    return place;
  }

  void read_tag(std::size_t tag) {
    const char opening = source_[tag + 1];
    const char sign = sign_at(tag + 2);
    const std::string_view before = std::string_view(source_).substr(place_, tag - place_);
    add_data(strip_before(before, sign, opening == '{'));
    const std::size_t inside = tag + (sign == ' ' ? 2 : 3);
    move_to(inside);
    if (opening == '#') return skip_comment();
    if (opening == '%' && skip_raw()) return;
    read_words(opening == '{');
  }

  void skip_comment() {
    for (std::size_t i = place_; i < source_.size(); ++i) {
      const char c = source_[i];
      if (c != '#' && c != '-' && c != '+') continue;
      const std::size_t end = match_end(i, '#', true, true);
      if (end != std::string::npos) return move_to(end);
    }
    fail_syntax(line_, "expected the end '#}' of a comment, found the end of the template");
  }

  // The place behind a word with white space around it; npos: it does not stand here.
  std::size_t match_word(std::size_t place, std::string_view word) const {
    place = skip_space(place);
    if (std::string_view(source_).substr(place, word.size()) != word) return std::string::npos;
    return skip_space(place + word.size());
  }

  bool skip_raw() {
    const std::size_t word = match_word(place_, "raw");
    if (word == std::string::npos) return false;
    const std::size_t begin = match_end(word, '%', false, false);
    if (begin == std::string::npos) return false;
    move_to(begin);
    for (std::size_t i = source_.find("{%", place_); i != std::string::npos;
         i = source_.find("{%", i + 1)) {
      const char sign = sign_at(i + 2);
      const std::size_t end_word = match_word(i + (sign == ' ' ? 2 : 3), "endraw");
      if (end_word == std::string::npos) continue;
      const std::size_t end = match_end(end_word, '%', true, true);
      if (end == std::string::npos) continue;
      add_data(strip_before(std::string_view(source_).substr(place_, i - place_), sign, false));
      move_to(end);
      return true;
    }
    fail_syntax(line_, "expected '{% endraw %}', found the end of the template");
  }

  void read_words(bool variable) {
    const char closing = variable ? '}' : '%';
    tokens_.emplace_back(variable ? TokenKind::variable_begin : TokenKind::block_begin, line_);
    TagLexer words(source_);
    while (true) {
      const std::size_t end =
          words.balanced() ? match_end(place_, closing, !variable, !variable) : std::string::npos;
      if (end != std::string::npos) {
        tokens_.emplace_back(variable ? TokenKind::variable_end : TokenKind::block_end, line_);
        return move_to(end);
      }
      const std::size_t word = skip_space(place_);
      if (word != place_) {
        move_to(word);
        continue;
      }
      if (place_ >= source_.size()) return;  // the parser says what is missing
      std::size_t next = place_;
      tokens_.push_back(words.read(next, line_));
      move_to(next);
    }
  }

  std::string source_;
  std::size_t place_ = 0;
  int line_ = 1;
  bool line_starting_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize_template(std::string_view source) {
  if (!python::count_code_points(source)) {
    fail(ErrorKind::corrupt_file, "chat template: expected UTF-8, found other bytes");
  }
  return Lexer(normalize_source(source)).run();
}

}  // namespace nybble::text::jinja
