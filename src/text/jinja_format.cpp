// Formatting of texts: one value by a format-spec, and str.format. The operator % stands in
// jinja_format_percent.cpp.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "text/jinja_format_number.h"
#include "text/jinja_methods.h"
#include "text/jinja_operators.h"
#include "text/python_text.h"

namespace nybble::text::jinja {
namespace {

constexpr Int most_width = 100'000;

// [[fill]align][sign][z][#][0][width][grouping][.precision][type]
struct Spec {
  std::string fill = " ";
  char align = '\0';
  NumberStyle style;
  Int width = 0;
  bool zero = false;
};

class SpecReader {
 public:
  SpecReader(Sandbox& sandbox, std::string_view spec) : sandbox_(sandbox), spec_(spec) {}

  Spec read() {
    Spec result;
    read_align(result);
    if (at('+') || at('-') || at(' ')) result.style.sign = take();
    if (at('z')) take();
    if (at('#')) result.style.alternate = take() == '#';
    if (at('0')) {
      take();
      result.zero = true;
    }
    result.width = read_number(0);
    if (at(',') || at('_')) result.style.grouping = take();
    if (at('.')) {
      take();
      result.style.precision = static_cast<int>(read_number(-1));
      if (result.style.precision < 0) fail();
    }
    if (place_ < spec_.size()) result.style.type = take();
    if (place_ < spec_.size()) fail();
    return result;
  }

 private:
  bool at(char c) const { return place_ < spec_.size() && spec_[place_] == c; }
  char take() { return spec_[place_++]; }
  [[noreturn]] void fail() const { sandbox_.fail("expected a format, found '{}'", spec_); }

  void read_align(Spec& result) {
    const auto is_align = [&](std::size_t place) {
      return place < spec_.size() &&
             std::string_view("<>=^").find(spec_[place]) != std::string_view::npos;
    };
    std::size_t second = 0;
    if (!spec_.empty()) python::next_code_point(spec_, second);
    if (second > 0 && is_align(second)) {
      result.fill = spec_.substr(0, second);
      place_ = second;
    }
    if (is_align(place_)) result.align = take();
  }

  Int read_number(Int otherwise) {
    if (place_ >= spec_.size() || spec_[place_] < '0' || spec_[place_] > '9') return otherwise;
    Int number = 0;
    while (place_ < spec_.size() && spec_[place_] >= '0' && spec_[place_] <= '9') {
      number = number * 10 + (take() - '0');
      if (number > most_width)
        sandbox_.fail_limit("characters in a format", static_cast<std::uint64_t>(most_width));
    }
    return number;
  }

  Sandbox& sandbox_;
  std::string_view spec_;
  std::size_t place_ = 0;
};

std::string format_text(Sandbox& sandbox, const Spec& spec, std::string_view text) {
  if ((spec.style.type != '\0' && spec.style.type != 's') || spec.style.sign != '\0' ||
      spec.align == '=') {
    sandbox.fail("expected a format for a text, found the type '{}'", spec.style.type);
  }
  const bool cut = spec.style.precision >= 0;
  const Value kept = sandbox.text(std::string(
      cut ? text.substr(
                0, python::byte_of(text, static_cast<std::size_t>(spec.style.precision), false))
          : text));
  const Padding padding = spec.align == '>'   ? Padding::left
                          : spec.align == '^' ? Padding::both
                                              : Padding::right;
  const std::string_view fill = spec.zero && spec.align == '\0' ? "0" : std::string_view(spec.fill);
  if (padding != Padding::both) return pad_text(sandbox, kept.text(), spec.width, fill, padding);
  return center_evenly(sandbox, kept.text(), spec.width, fill);
}

std::string format_number(Sandbox& sandbox, const Spec& spec, const Value& value) {
  NumberStyle style = spec.style;
  if (value.is(Kind::boolean) && style.type == '\0') style.type = 'd';
  const std::string sign_and_prefix = number_prefix(sandbox, style, value);
  const bool zeros = spec.zero && spec.align == '\0';
  const char align = zeros ? '=' : spec.align == '\0' ? '>' : spec.align;
  const std::string fill = zeros ? "0" : spec.fill;
  const Int inner = align == '=' ? spec.width - static_cast<Int>(sign_and_prefix.size()) : Int{0};
  const std::string digits = number_digits(sandbox, style, value, zeros ? inner : 0);
  if (align == '=') {
    const Value text = sandbox.text(digits);
    return sign_and_prefix + pad_text(sandbox, text.text(), inner, fill, Padding::left);
  }
  const Value text = sandbox.text(sign_and_prefix + digits);
  if (align == '^') return center_evenly(sandbox, text.text(), spec.width, fill);
  return pad_text(sandbox, text.text(), spec.width, fill,
                  align == '<' ? Padding::right : Padding::left);
}

}  // namespace

std::string center_evenly(Sandbox& sandbox, const Text& text, Int width, std::string_view fill) {
  const Int missing = std::max(width - static_cast<Int>(text.length), Int{0});
  const Value left = sandbox.text(
      pad_text(sandbox, text, static_cast<Int>(text.length) + missing / 2, fill, Padding::left));
  return pad_text(sandbox, left.text(), width, fill, Padding::right);
}

std::string format_value(Sandbox& sandbox, const Value& value, std::string_view spec) {
  if (spec.empty()) return to_text(sandbox, value);
  const Spec parsed = SpecReader(sandbox, spec).read();
  if (value.is_text()) return format_text(sandbox, parsed, value.text().bytes);
  if (value.is_number()) return format_number(sandbox, parsed, value);
  sandbox.fail("expected an empty format for {}, found '{}'", type_name(value), spec);
}

namespace {

// str.format: replaces {field!conversion:spec}, with fields inside of the spec.
class BraceFormatter {
 public:
  BraceFormatter(Sandbox& sandbox, const Arguments& arguments, bool markup)
      : sandbox_(sandbox), arguments_(arguments), markup_(markup) {}

  std::string format(std::string_view text, int depth) {
    if (depth > 2) sandbox_.fail("a format nests deeper than 2 levels");
    std::string out;
    for (std::size_t place = 0; place < text.size();) {
      sandbox_.work();
      const char c = text[place];
      const bool doubled = place + 1 < text.size() && text[place + 1] == c;
      if (c != '{' && c != '}') {
        out += c;
        ++place;
      } else if (doubled) {
        out += c;
        place += 2;
      } else {
        if (c == '}') sandbox_.fail("a format has a '}}' without its '{{'");
        out += field(field_text(text, place), depth);
        sandbox_.work_on(out.size() > sandbox_.limits().text ? out.size() : 0);
      }
    }
    return out;
  }

 private:
  // What stands between the braces at a place, which moves behind them.
  std::string_view field_text(std::string_view text, std::size_t& place) {
    const std::size_t start = ++place;
    int open = 1;
    bool in_index = false;
    for (; place < text.size(); ++place) {
      const char c = text[place];
      if (c == '[') in_index = true;
      if (c == ']') in_index = false;
      if (in_index) continue;
      if (c == '{') ++open;
      if (c == '}' && --open == 0) return text.substr(start, place++ - start);
    }
    sandbox_.fail("a format has a '{{' without its '}}'");
  }

  std::string field(std::string_view text, int depth) {
    std::size_t name_end = 0;
    for (bool in_index = false; name_end < text.size(); ++name_end) {
      const char c = text[name_end];
      if (c == '[') in_index = true;
      if (c == ']') in_index = false;
      if (!in_index && (c == '!' || c == ':')) break;
    }
    Value value = find(text.substr(0, name_end));
    std::string_view rest = text.substr(name_end);
    if (rest.starts_with('!')) {
      if (rest.size() < 2 || (rest.size() > 2 && rest[2] != ':'))
        sandbox_.fail("expected ':' after a conversion");
      value = convert(value, rest[1]);
      rest.remove_prefix(2);
    }
    const std::string spec = rest.empty() ? "" : format(rest.substr(1), depth + 1);
    std::string result = format_value(sandbox_, value, spec);
    const bool safe = value.is_text() && value.text().markup;
    return markup_ && !safe ? escape_html(result) : result;
  }

  Value convert(const Value& value, char conversion) {
    if (conversion == 's') return sandbox_.text(to_text(sandbox_, value));
    if (conversion == 'r' || conversion == 'a') return sandbox_.text(to_repr(sandbox_, value));
    sandbox_.fail("expected a conversion !s, !r or !a, found '!{}'", conversion);
  }

  static bool is_number(std::string_view text) {
    return !text.empty() && text.size() < 10 &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
  }
  static std::size_t to_number(std::string_view text) {
    std::size_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }

  // The value that "0", "name", "" with ".attribute" and "[item]" behind it stands for.
  Value find(std::string_view field) {
    const std::size_t first_end = std::min(field.find_first_of(".["), field.size());
    Value value = find_first(field.substr(0, first_end));
    std::string_view rest = field.substr(first_end);
    while (!rest.empty()) {
      sandbox_.work();
      const bool is_item = rest[0] == '[';
      const std::size_t end =
          is_item ? rest.find(']') : std::min(rest.find_first_of(".[", 1), rest.size());
      if (end == std::string_view::npos || end == 1)
        sandbox_.fail("a field of a format has an empty or open part");
      const std::string_view part = rest.substr(1, end - 1);
      rest.remove_prefix(is_item ? end + 1 : end);
      if (is_item && !rest.empty() && rest[0] != '.' && rest[0] != '[') {
        sandbox_.fail("expected '.' or '[' after ']' in a field of a format");
      }
      if (!is_item) {
        value = get_attribute(sandbox_, value, part);
      } else if (is_number(part)) {
        value = get_item(sandbox_, value, Value::integer(static_cast<Int>(to_number(part))));
      } else {
        value = get_item(sandbox_, value, sandbox_.text(std::string(part)));
      }
    }
    return value;
  }

  Value find_first(std::string_view name) {
    const bool automatic = name.empty();
    if (automatic || is_number(name)) {
      if (numbering_ != 0 && (numbering_ == 1) != automatic) {
        sandbox_.fail("a format numbers some of its fields and not others");
      }
      numbering_ = automatic ? 1 : 2;
      const std::size_t place = automatic ? next_++ : to_number(name);
      if (place >= arguments_.positional.size()) {
        sandbox_.fail("a format has the field {}, found {} arguments", place,
                      arguments_.positional.size());
      }
      return arguments_.positional[place];
    }
    const auto found = std::find_if(arguments_.keyword.begin(), arguments_.keyword.end(),
                                    [name](const auto& k) { return k.first == name; });
    if (found == arguments_.keyword.end())
      sandbox_.fail("a format has the field '{}', which is not given", name);
    return found->second;
  }

  Sandbox& sandbox_;
  const Arguments& arguments_;
  bool markup_;
  int numbering_ = 0;  // 1: automatic, 2: written
  std::size_t next_ = 0;
};

}  // namespace

std::string format_braces(Sandbox& sandbox, const Text& format, const Arguments& arguments) {
  sandbox.work_on(format.bytes.size());
  return BraceFormatter(sandbox, arguments, format.markup).format(format.bytes, 1);
}

}  // namespace nybble::text::jinja
