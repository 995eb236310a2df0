// Oniguruma's dialect of regular expressions (Ruby syntax, as Hugging Face uses it) written in
// PCRE2's. Source of the differences: Oniguruma's doc/RE, PCRE2's pcre2syntax(3).
#include <array>
#include <utility>

#include "base/error.h"
#include "text/regex.h"

namespace nybble::text {
namespace {

constexpr int kMaxDepth = 100;

// Long names of general categories, which PCRE2 knows by their short names only.
constexpr std::array<std::pair<std::string_view, std::string_view>, 26> kCategories = {
    {{"Letter", "L"},
     {"Mark", "M"},
     {"Number", "N"},
     {"Punctuation", "P"},
     {"Symbol", "S"},
     {"Separator", "Z"},
     {"Other", "C"},
     {"Uppercase_Letter", "Lu"},
     {"Lowercase_Letter", "Ll"},
     {"Titlecase_Letter", "Lt"},
     {"Modifier_Letter", "Lm"},
     {"Other_Letter", "Lo"},
     {"Nonspacing_Mark", "Mn"},
     {"Spacing_Mark", "Mc"},
     {"Enclosing_Mark", "Me"},
     {"Decimal_Number", "Nd"},
     {"Letter_Number", "Nl"},
     {"Other_Number", "No"},
     {"Space_Separator", "Zs"},
     {"Math_Symbol", "Sm"},
     {"Currency_Symbol", "Sc"},
     {"Alpha", "Alphabetic"},
     {"Space", "White_Space"},
     {"Digit", "Nd"},
     {"Punct", "P"},
     {"Cntrl", "Cc"}}};

class Translator {
 public:
  explicit Translator(std::string_view pattern) : in_(pattern) {}

  std::string run() {
    while (at_ < in_.size()) step();
    return std::move(out_);
  }

 private:
  bool starts(std::string_view text) const { return in_.substr(at_, text.size()) == text; }
  void copy(std::size_t n) {
    out_ += in_.substr(at_, n);
    at_ += n;
  }

  void step() {
    const char c = in_[at_];
    if (c == '(') return open_group();
    if (c == ')') {
      atom_ = groups_.empty() ? out_.size() : groups_.back();
      if (!groups_.empty()) groups_.pop_back();
      return copy(1);
    }
    if (c == '{' && quantifier()) return;
    if (c == '*' || c == '+' || c == '?' || c == '|' || c == '^' || c == '$') return copy(1);
    atom_ = out_.size();
    if (c == '\\') {
      out_ += escape(false);
    } else if (c == '[') {
      out_ += char_class(0);
    } else {
      copy(1);
    }
  }

  void open_group() {
    groups_.push_back(out_.size());
    if (starts("(?#")) {
      const std::size_t end = in_.find(')', at_);
      return copy((end == std::string_view::npos ? in_.size() : end) - at_);
    }
    copy(1);
  }

  // x{2,3}+ is (?:x{2,3})+ in Ruby's syntax and possessive in PCRE2. Returns false when no
  // quantifier starts here.
  bool quantifier() {
    const std::size_t end = in_.find('}', at_);
    if (end == std::string_view::npos || end == at_ + 1) return false;
    if (in_.substr(at_ + 1, end - at_ - 1).find_first_not_of("0123456789,") !=
        std::string_view::npos)
      return false;
    std::string text(in_.substr(at_, end + 1 - at_));
    if (text[1] == ',') text.insert(1, "0");  // {,3}: at most
    out_ += text;
    at_ = end + 1;
    if (at_ < in_.size() && in_[at_] == '+') {
      out_.insert(atom_, "(?:");
      out_ += ")+";
      ++at_;
    }
    return true;
  }

  // An escape at at_, as text that stands alone or inside brackets.
  std::string escape(bool in_class) {
    const char c = at_ + 1 < in_.size() ? in_[at_ + 1] : '\0';
    const auto wrap = [&](std::string_view set) {
      return in_class ? std::string(set) : fmt::format("[{}]", set);
    };
    const auto named = [&](std::string_view text) {
      at_ += 2;
      return std::string(text);
    };
    switch (c) {
      case 's':
        return named("\\p{White_Space}");
      case 'S':
        return named("\\P{White_Space}");
      case 'h':
        return named(wrap("0-9a-fA-F"));
      case 'H':
        return named(in_class ? "\\x{0}-\\x{2f}\\x{3a}-\\x{40}G-`g-\\x{10ffff}" : "[^0-9a-fA-F]");
      case 'w':
        return named(wrap("\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"));
      case 'W':
        return named(in_class ? "\\W" : "[^\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]");
      case 'p':
      case 'P':
        return property();
      case 'u':
        return unicode_escape();
      default:
        break;
    }
    std::size_t n = c == '\0' ? 1 : 2;
    if (c == 'x' && at_ + 2 < in_.size() && in_[at_ + 2] == '{') n = braces_end(at_ + 2) - at_;
    std::string text(in_.substr(at_, n));
    at_ += n;
    return text;
  }

  std::size_t braces_end(std::size_t open) const {
    const std::size_t end = in_.find('}', open);
    return end == std::string_view::npos ? in_.size() : end + 1;
  }

  std::string property() {
    const std::string letter(in_.substr(at_, 2));
    if (at_ + 2 >= in_.size() || in_[at_ + 2] != '{') return at_ += 2, letter;
    const std::size_t end = braces_end(at_ + 2);
    std::string_view name = in_.substr(at_ + 3, end > at_ + 4 ? end - at_ - 4 : 0);
    at_ = end;
    const bool negative = name.starts_with('^');
    if (negative) name.remove_prefix(1);
    for (const auto& [full, brief] : kCategories) {
      if (name == full) name = brief;
    }
    return fmt::format("{}{{{}{}}}", letter, negative ? "^" : "", name);
  }

  std::string unicode_escape() {
    const std::string_view digits = in_.substr(at_ + 2, 4);
    if (digits.size() < 4 ||
        digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
      fail(ErrorKind::corrupt_file,
           "the regular expression '{}' of the tokenizer has \\u without 4 hexadecimal digits",
           in_);
    }
    at_ += 6;
    return fmt::format("\\x{{{}}}", digits);
  }

  // A bracket expression at at_ as an expression that matches one character.
  std::string char_class(int depth) {
    if (depth > kMaxDepth) {
      fail(ErrorKind::corrupt_file,
           "the regular expression '{}' of the tokenizer nests more than {} classes", in_,
           kMaxDepth);
    }
    ++at_;
    const bool negative = at_ < in_.size() && in_[at_] == '^';
    if (negative) ++at_;
    std::vector<std::vector<std::string>> operands(
        1);  // each a union of expressions for one character
    std::string simple;
    const auto close_operand = [&] {
      if (!simple.empty()) operands.back().push_back("[" + std::exchange(simple, "") + "]");
    };
    if (at_ < in_.size() && in_[at_] == ']') simple += "\\]", ++at_;
    while (at_ < in_.size() && in_[at_] != ']') {
      if (starts("&&")) {
        close_operand();
        operands.emplace_back();
        at_ += 2;
      } else if (starts("[:") && in_.find(":]", at_) != std::string_view::npos) {
        const std::size_t end = in_.find(":]", at_) + 2;
        simple += in_.substr(at_, end - at_);
        at_ = end;
      } else if (in_[at_] == '[') {
        operands.back().push_back(char_class(depth + 1));
      } else if (in_[at_] == '\\') {
        simple += escape(true);
      } else {
        simple += in_[at_++];
      }
    }
    if (at_ >= in_.size()) {
      fail(ErrorKind::corrupt_file, "the regular expression '{}' of the tokenizer has an open '['",
           in_);
    }
    ++at_;
    const bool plain = operands.size() == 1 && operands[0].empty();
    if (plain && !simple.empty()) return fmt::format("[{}{}]", negative ? "^" : "", simple);
    close_operand();
    return join(operands, negative);
  }

  static std::string join(const std::vector<std::vector<std::string>>& operands, bool negative) {
    std::string all;
    for (const auto& operand : operands) {
      std::string one;
      for (const std::string& part : operand) one += (one.empty() ? "" : "|") + part;
      all += fmt::format("(?={})", one.empty() ? "(?!)" : one);
    }
    return negative ? fmt::format("(?:(?!{})(?s:.))", all) : fmt::format("(?:{}(?s:.))", all);
  }

  std::string_view in_;
  std::size_t at_ = 0;
  std::string out_;
  std::size_t atom_ = 0;             // where the last atom starts in out_
  std::vector<std::size_t> groups_;  // where the open groups start in out_
};

}  // namespace

std::string translate_oniguruma(std::string_view pattern) {
  return Translator(pattern).run();
}

}  // namespace nybble::text
