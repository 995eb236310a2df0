// Reading and rounding numbers as Python does, independent of the locale.
#include "text/jinja_numbers.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "text/python_text.h"

namespace nybble::text::jinja {
namespace {

// Drops single underscores between digits; nothing when one stands elsewhere.
std::optional<std::string> without_underscores(std::string_view text) {
  std::string out;
  const auto is_digit = [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
    } else if (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1])) {
      return std::nullopt;
    }
  }
  return out;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int small = c | 0x20;
  return small >= 'a' && small <= 'z' ? small - 'a' + 10 : 99;
}

}  // namespace

std::optional<Int> parse_integer(std::string_view text, Int base) {
  auto cleaned = without_underscores(python::strip(text, std::nullopt, python::Sides::both));
  if (!cleaned || cleaned->empty() || base == 1 || base < 0 || base > 36) return std::nullopt;
  std::string_view digits = *cleaned;
  const bool negative = digits[0] == '-';
  if (negative || digits[0] == '+') digits.remove_prefix(1);
  const char mark =
      digits.size() > 2 && digits[0] == '0' ? static_cast<char>(digits[1] | 0x20) : ' ';
  const int marked = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
  if (marked != 0 && (base == 0 || base == marked)) {
    digits.remove_prefix(2);
    base = marked;
  } else if (base == 0) {
    if (digits.size() > 1 && digits[0] == '0' &&
        digits.find_first_not_of('0') != std::string_view::npos) {
      return std::nullopt;
    }
    base = 10;
  }
  if (digits.empty()) return std::nullopt;
  Int value = 0;
  for (const char c : digits) {
    const int digit = digit_of(c);
    if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
        __builtin_add_overflow(value, Int{digit}, &value)) {
      return std::nullopt;
    }
  }
  return negative ? -value : value;
}

std::optional<double> parse_real(std::string_view text) {
  auto cleaned = without_underscores(python::strip(text, std::nullopt, python::Sides::both));
  if (!cleaned || cleaned->empty()) return std::nullopt;
  std::string digits = python::lower(*cleaned);
  const bool negative = digits[0] == '-';
  if (negative || digits[0] == '+') digits.erase(0, 1);
  if (digits == "inf" || digits == "infinity") {
    return negative ? -std::numeric_limits<double>::infinity()
                    : std::numeric_limits<double>::infinity();
  }
  if (digits == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (digits.empty() || digits.find_first_not_of("0123456789.e+-") != std::string::npos ||
      digits[0] == '-') {
    return std::nullopt;
  }
  double value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (result.ptr != digits.data() + digits.size()) return std::nullopt;
  if (result.ec == std::errc::result_out_of_range) {
    const std::size_t mark = digits.find('e');
    const bool tiny = mark != std::string::npos && digits[mark + 1] == '-';
    value = tiny ? 0 : std::numeric_limits<double>::infinity();
  } else if (result.ec != std::errc()) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

namespace {

std::string print(double value, std::chars_format format, int places) {
  std::string buffer(static_cast<std::size_t>(places) + 400, '\0');
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, places);
  buffer.resize(static_cast<std::size_t>(end.ptr - buffer.data()));
  return buffer;
}

}  // namespace

std::string fixed(double value, int places) {
  return print(value, std::chars_format::fixed, places);
}
std::string scientific(double value, int places) {
  return print(value, std::chars_format::scientific, places);
}

double round_real(double value, Int places) {
  if (!std::isfinite(value) || places > 330) return value;
  if (places < -330) return std::copysign(0.0, value);
  if (places >= 0) {
    const std::string digits = fixed(value, static_cast<int>(places));
    double rounded = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), rounded);
    return rounded;
  }
  // Below the point: the exact integer part decides, with a mark for what is behind it.
  const std::string digits = fixed(std::abs(value), 30);
  const std::size_t whole = digits.find('.');
  const auto cut = static_cast<std::size_t>(-places);
  if (cut > whole) return std::copysign(0.0, value);
  const std::string kept = digits.substr(0, whole - cut);
  std::string rest = digits.substr(whole - cut);
  rest.erase(rest.find('.'), 1);
  const bool half = rest[0] == '5' && rest.find_first_not_of('0', 1) == std::string::npos;
  const bool odd = !kept.empty() && (kept.back() - '0') % 2 == 1;
  const bool up = half ? odd : rest[0] >= '5';
  const std::string text = (kept.empty() ? "0" : kept) + "e" + std::to_string(cut);
  double low = 0;
  std::from_chars(text.data(), text.data() + text.size(), low);
  double unit = 0;
  const std::string one = "1e" + std::to_string(cut);
  std::from_chars(one.data(), one.data() + one.size(), unit);
  return std::copysign(up ? low + unit : low, value);
}

}  // namespace nybble::text::jinja
