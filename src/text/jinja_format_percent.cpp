// The operator % on texts, after C's printf.
#include <cmath>

#include "text/jinja_format_number.h"
#include "text/jinja_methods.h"
#include "text/jinja_operators.h"
#include "text/python_text.h"

namespace nybble::text::jinja {
namespace {

constexpr Int most_width = 100'000;

class PercentFormatter {
 public:
  PercentFormatter(Sandbox& sandbox, const Text& format, const Value& values)
      : sandbox_(sandbox), text_(format.bytes), markup_(format.markup), values_(values) {}

  std::string run() {
    std::string out;
    while (place_ < text_.size()) {
      const std::size_t percent = std::min(text_.find('%', place_), text_.size());
      out.append(text_.substr(place_, percent - place_));
      place_ = percent + 1;
      if (percent < text_.size()) out += directive();
      sandbox_.work_on(out.size() > sandbox_.limits().text ? out.size() : 0);
    }
    // A mapping may hold more than the format takes; so may a list, which Python counts as one.
    const bool mapping = values_.is_dict() || values_.is_list() || values_.is_undefined();
    if (!mapping && used_ < count())
      sandbox_.fail("a format takes {} values, found {}", used_, count());
    return out;
  }

 private:
  struct Directive {
    bool left = false, zero = false;
    NumberStyle style;
    Int width = 0;
  };

  std::size_t count() const { return values_.is_tuple() ? values_.sequence().items.size() : 1; }
  char at() const {
    if (place_ >= text_.size()) sandbox_.fail("a format ends inside of a directive");
    return text_[place_];
  }

  const Value& next() {
    if (used_ >= count()) sandbox_.fail("a format takes more than the {} values given", count());
    const Value& value = values_.is_tuple() ? values_.sequence().items[used_] : values_;
    ++used_;
    return value;
  }

  Int read_number() {
    if (at() == '*') {
      ++place_;
      const Value& value = next();
      if (!value.is_integral())
        sandbox_.fail("expected an integer for '*' in a format, found {}", type_name(value));
      return checked(value.as_integer());
    }
    Int number = 0;
    while (at() >= '0' && at() <= '9') number = checked(number * 10 + (text_[place_++] - '0'));
    return number;
  }
  Int checked(Int number) const {
    if (number > most_width || number < -most_width) {
      sandbox_.fail_limit("characters in a format", static_cast<std::uint64_t>(most_width));
    }
    return number;
  }

  // The value named in %(name)s, looked up in the mapping.
  std::optional<Value> read_name() {
    if (at() != '(') return std::nullopt;
    const std::size_t start = ++place_;
    for (int open = 1; open > 0; ++place_) {
      if (at() == '(') ++open;
      if (at() == ')') --open;
    }
    const std::string_view name = text_.substr(start, place_ - 1 - start);
    if (!values_.is_dict())
      sandbox_.fail("expected a dict for the format %({}), found {}", name, type_name(values_));
    const Value* found = values_.dict().find(name);
    if (found == nullptr) sandbox_.fail("a format takes '{}', which the dict does not hold", name);
    return *found;
  }

  std::string directive() {
    const std::optional<Value> named = read_name();
    Directive d;
    for (; std::string_view("#0- +").find(at()) != std::string_view::npos; ++place_) {
      d.left = d.left || at() == '-';
      d.zero = d.zero || at() == '0';
      d.style.alternate = d.style.alternate || at() == '#';
      if (at() == '+' || (at() == ' ' && d.style.sign == '\0')) d.style.sign = at();
    }
    d.width = read_number();
    if (d.width < 0) {
      d.left = true;
      d.width = -d.width;
    }
    if (at() == '.') {
      ++place_;
      d.style.precision = static_cast<int>(std::max(read_number(), Int{0}));
    }
    if (at() == 'h' || at() == 'l' || at() == 'L') ++place_;
    const char type = at();
    ++place_;
    if (type == '%') return "%";
    const Value value = named ? *named : next();
    return format(d, type, value);
  }

  std::string format(Directive& d, char type, const Value& value) {
    switch (type) {
      case 's':
        return pad(d, cut(d, markup_ ? to_escaped(sandbox_, value) : to_text(sandbox_, value)));
      case 'r':
      case 'a':
        return pad(
            d, cut(d, markup_ ? escape_html(to_repr(sandbox_, value)) : to_repr(sandbox_, value)));
      case 'c':
        return pad(d, character(value));
      case 'd':
      case 'i':
      case 'u':
        return integer(d, 'd', whole(value));
      case 'x':
      case 'X':
      case 'o':
        if (!value.is_integral())
          sandbox_.fail("expected an integer for %{}, found {}", type, type_name(value));
        return integer(d, type, value);
      default:
        if (std::string_view("eEfFgG").find(type) == std::string_view::npos) {
          sandbox_.fail("expected a directive of a format, found '%{}'", type);
        }
        if (value.is_undefined()) sandbox_.fail_undefined(value);
        if (!value.is_number())
          sandbox_.fail("expected a number for %{}, found {}", type, type_name(value));
        d.style.type = type;
        return number(d, Value::real(value.as_real()));
    }
  }

  // The integer part of a number.
  Value whole(const Value& value) const {
    if (value.is_undefined()) sandbox_.fail_undefined(value);
    if (value.is_integral()) return value;
    if (!value.is_number() || !(std::abs(value.as_real()) < 0x1p126)) {
      sandbox_.fail("expected a number for %d, found {}", type_name(value));
    }
    return Value::integer(static_cast<Int>(value.as_real()));
  }

  std::string character(const Value& value) const {
    if (value.is_text() && value.text().length == 1) return value.text().bytes;
    if (!value.is_integral())
      sandbox_.fail("expected a character for %c, found {}", type_name(value));
    return number_digits(sandbox_, {.type = 'c'}, value, 0);
  }

  // Precision is the least number of digits.
  std::string integer(Directive& d, char type, const Value& value) {
    const int digits = std::exchange(d.style.precision, -1);
    d.style.type = type;
    std::string text = number_digits(sandbox_, d.style, value, 0);
    if (static_cast<int>(text.size()) < digits)
      text.insert(0, static_cast<std::size_t>(digits) - text.size(), '0');
    return with_prefix(d, number_prefix(sandbox_, d.style, value), text);
  }

  std::string number(const Directive& d, const Value& value) const {
    return with_prefix(d, number_prefix(sandbox_, d.style, value),
                       number_digits(sandbox_, d.style, value, 0));
  }

  std::string with_prefix(const Directive& d, const std::string& prefix, std::string digits) const {
    const Int missing = d.width - static_cast<Int>(prefix.size() + digits.size());
    if (d.zero && !d.left && missing > 0) digits.insert(0, static_cast<std::size_t>(missing), '0');
    return pad(d, prefix + digits);
  }

  static std::string cut(const Directive& d, std::string text) {
    if (d.style.precision >= 0)
      text.resize(python::byte_of(text, static_cast<std::size_t>(d.style.precision), false));
    return text;
  }

  std::string pad(const Directive& d, std::string text) const {
    const Value value = sandbox_.text(std::move(text));
    return pad_text(sandbox_, value.text(), d.width, " ", d.left ? Padding::right : Padding::left);
  }

  Sandbox& sandbox_;
  std::string_view text_;
  bool markup_;
  const Value& values_;
  std::size_t place_ = 0;
  std::size_t used_ = 0;
};

}  // namespace

std::string format_percent(Sandbox& sandbox, const Text& format, const Value& values) {
  sandbox.work_on(format.bytes.size());
  return PercentFormatter(sandbox, format, values).run();
}

}  // namespace nybble::text::jinja
