// The digits of a number by Python's format types.
#include "text/jinja_format_number.h"

#include <algorithm>
#include <cmath>

#include "text/characters.h"
#include "text/jinja_numbers.h"
#include "text/jinja_operators.h"
#include "text/python_text.h"

namespace nybble::text::jinja {
namespace {

bool is_real_type(char type) {
  return type != '\0' && std::string_view("eEfFgG%").find(type) != std::string_view::npos;
}

int base_of(char type) {
  return type == 'b' ? 2 : type == 'o' ? 8 : type == 'x' || type == 'X' ? 16 : 10;
}

std::string integer_digits(Int value, int base, bool upper) {
  const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  auto rest = static_cast<UnsignedInt>(value);
  if (value < 0) rest = ~rest + 1;
  std::string out;
  do {
    out += digits[static_cast<std::size_t>(rest % static_cast<unsigned>(base))];
    rest /= static_cast<unsigned>(base);
  } while (rest != 0);
  std::reverse(out.begin(), out.end());
  return out;
}

// The exponent of the first digit when the value is rounded to so many digits.
int exponent_of(double value, int digits) {
  const std::string text = scientific(value, digits - 1);
  return std::stoi(text.substr(text.find('e') + 1));
}

void strip_zeros(std::string& digits) {
  if (digits.find('.') == std::string::npos) return;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
}

// C's %g. least_fraction: at least one digit behind the point, as Python has it without a type.
std::string general(double value, int precision, bool alternate, bool least_fraction) {
  const int digits = std::max(precision, 1);
  const int exponent = value == 0 ? 0 : exponent_of(value, digits);
  if (exponent < -4 || exponent >= digits - (least_fraction ? 1 : 0)) {
    std::string text = scientific(value, digits - 1);
    const std::size_t mark = text.find('e');
    std::string mantissa = text.substr(0, mark);
    if (!alternate) strip_zeros(mantissa);
    return mantissa + text.substr(mark);
  }
  std::string text = fixed(value, digits - 1 - exponent);
  if (!alternate) strip_zeros(text);
  if (least_fraction && text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string real_digits(const NumberStyle& style, double value) {
  const int precision = style.precision < 0 ? 6 : style.precision;
  std::string text;
  const char type = static_cast<char>(style.type | 0x20);
  if (!std::isfinite(value)) {
    text = std::isnan(value) ? "nan" : "inf";
  } else if (style.type == '\0' || style.type == 'n') {
    if (style.type == '\0' && style.precision < 0) {
      text = real_to_text(value);
    } else {
      text = general(value, precision, style.alternate, style.type == '\0');
    }
  } else if (type == 'e') {
    text = scientific(value, precision);
  } else if (type == 'g') {
    text = general(value, precision, style.alternate, false);
  } else {
    text = fixed(style.type == '%' ? value * 100 : value, precision);
  }
  if (style.type == 'E' || style.type == 'F' || style.type == 'G') text = python::upper(text);
  return style.type == '%' ? text + "%" : text;
}

// Separators between groups of digits in front of the point, and zeros up to a width.
std::string group_digits(std::string digits, char separator, std::size_t group, Int least) {
  const std::size_t whole =
      std::min(digits.find_first_not_of("0123456789abcdefABCDEF"), digits.size());
  std::string out;
  std::size_t n = 0;
  const Int rest = static_cast<Int>(digits.size() - whole);
  for (std::size_t i = whole; i > 0 || static_cast<Int>(out.size()) + rest < least; ++n) {
    if (n > 0 && n % group == 0) {
      out += separator;
      if (i == 0 && static_cast<Int>(out.size()) + rest >= least) {
        out += '0';  // a separator never stands in front
        break;
      }
    }
    out += i > 0 ? digits[--i] : '0';
  }
  std::reverse(out.begin(), out.end());
  return out + digits.substr(whole);
}

}  // namespace

std::string number_prefix(Sandbox& sandbox, const NumberStyle& style, const Value& value) {
  const bool real = !value.is_integral() || is_real_type(style.type);
  if (style.type == 'c' || style.type == 's') {
    if (style.type == 's' || real)
      sandbox.fail("expected a format for a number, found the type '{}'", style.type);
    return "";
  }
  const double number = value.as_real();
  const bool negative =
      value.is_integral() ? value.as_integer() < 0 : std::signbit(number) && !std::isnan(number);
  std::string prefix = negative ? "-" : style.sign == '+' ? "+" : style.sign == ' ' ? " " : "";
  if (style.alternate && !real && base_of(style.type) != 10)
    prefix += std::string("0") + style.type;
  return prefix;
}

std::string number_digits(Sandbox& sandbox, const NumberStyle& style, const Value& value,
                          Int least) {
  const bool real = !value.is_integral() || is_real_type(style.type);
  const std::string_view allowed = value.is_integral() ? "bcdoxXneEfFgG%" : "neEfFgG%";
  if (style.type != '\0' && allowed.find(style.type) == std::string_view::npos) {
    sandbox.fail("expected a format for {}, found the type '{}'", type_name(value), style.type);
  }
  if (style.precision >= 0 && !real) sandbox.fail("a format for an integer takes no precision");
  if (style.type == 'c') {
    const Int code = value.as_integer();
    if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
      sandbox.fail("expected a Unicode character");
    std::string out;
    append_utf8(out, static_cast<char32_t>(code));
    return out;
  }
  std::string digits =
      real ? real_digits(style, std::abs(value.as_real()))
           : integer_digits(value.as_integer(), base_of(style.type), style.type == 'X');
  if (style.grouping == '\0') return digits;
  return group_digits(std::move(digits), style.grouping, base_of(style.type) == 10 || real ? 3 : 4,
                      least);
}

}  // namespace nybble::text::jinja
