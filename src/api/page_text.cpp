#include "api/page_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/utf8.h"

namespace nybble::api {
namespace {

constexpr std::string_view replacement = "\ufffd";

enum class Marks { none, newlines, spaces };

std::string mark(std::string_view sign) {
  return fmt::format("<span class=\"ws\">{}</span>", sign);
}

// U+2400 to U+241F are pictures of the controls 0x00 to 0x1F, U+2421 is that of 0x7F.
std::string picture(char control) {
  const int offset = control == 0x7f ? 0x21 : control;
  return {'\xe2', '\x90', static_cast<char>(0x80 + offset)};
}

std::string escape_ascii(char c, Marks marks) {
  if (marks != Marks::none && c == '\n') return mark("\u21b5");
  if (marks != Marks::none && c == '\t') return mark("\u21e5");
  if (marks == Marks::spaces && c == ' ') return mark("\u00b7");
  if (c == '&') return "&amp;";
  if (c == '<') return "&lt;";
  if (c == '>') return "&gt;";
  if (c == '"') return "&quot;";
  if (c == '\'') return "&#39;";
  return c < 0x20 || c == 0x7f ? picture(c) : std::string(1, c);
}

// U+0080 to U+009F, which HTML does not allow and terminals obey.
bool is_late_control(std::string_view character) {
  return character.size() == 2 && character[0] == '\xc2' &&
         static_cast<unsigned char>(character[1]) < 0xa0;
}

// A malformed byte counts as a character, as it shows as one.
std::string_view without_characters(std::string_view text, std::size_t count) {
  for (; count > 0 && !text.empty(); --count) {
    text.remove_prefix(std::max<std::size_t>(character_length(text), 1));
  }
  return text;
}

std::string escape(std::string_view text, Marks marks) {
  std::string escaped;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character = text.substr(0, length);
    if (length == 0 || is_late_control(character)) {
      escaped += replacement;
    } else if (length == 1) {
      escaped += escape_ascii(text[0], marks);
    } else {
      escaped += character;
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return escaped;
}

}  // namespace

std::string escape_html(std::string_view text) {
  return escape(text, Marks::none);
}

std::string breakable_html(std::string_view name) {
  std::string html;
  while (!name.empty()) {
    const std::size_t end = name.find_first_of("-/");
    const std::string_view part = name.substr(0, end == name.npos ? end : end + 1);
    html += escape_html(part);
    name.remove_prefix(part.size());
    if (!name.empty()) html += "<wbr/>";
  }
  return html;
}

std::string passage_html(std::string_view text) {
  return escape(text, Marks::newlines);
}

std::string token_html(std::string_view text) {
  return escape(text, Marks::spaces);
}

std::string clip_text(std::string_view text, std::size_t max_characters) {
  const std::size_t count = count_characters(text);
  if (count <= max_characters) return std::string(text);
  const std::size_t kept = max_characters > 0 ? max_characters - 1 : 0;
  const std::string_view end = without_characters(text, count - kept / 2);
  const std::string_view rest = without_characters(text, kept - kept / 2);
  return std::string(text.substr(0, text.size() - rest.size())) + "\u2026" + std::string(end);
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text = without_characters(text, 1);
  return count;
}

std::string significant(double value, int digits) {
  if (!std::isfinite(value)) return decimals(value, 0);
  if (value == 0) return "0";
  const double exponent = std::floor(std::log10(std::abs(value)));
  // Plain digits as far as a table has room for them.
  if (exponent >= -4 && exponent <= 5) {
    return fmt::format("{:.{}f}", value, std::max(0, digits - 1 - static_cast<int>(exponent)));
  }
  std::string text = fmt::format("{:.{}e}", value, digits - 1);
  const std::size_t sign = text.find('e') + 1;
  if (text[sign + 1] == '0') text.erase(sign + 1, 1);
  if (text[sign] == '+') text.erase(sign, 1);
  return text;
}

std::string decimals(double value, int digits) {
  if (std::isnan(value)) return std::string(no_number);
  if (std::isinf(value)) return value > 0 ? "\u221e" : "-\u221e";
  return fmt::format("{:.{}f}", value == 0 ? 0 : value, digits);  // no "-0"
}

std::string grouped(std::uint64_t count) {
  std::string text = fmt::format("{}", count);
  for (std::size_t place = text.size(); place > 3; place -= 3) text.insert(place - 3, ",");
  return text;
}

std::string power_of_ten(int exponent) {
  constexpr std::string_view raised[] = {"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                         "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
  std::string text = exponent < 0 ? "10\u207b" : "10";
  for (const char digit : fmt::format("{}", std::abs(exponent))) {
    text += raised[static_cast<std::size_t>(digit - '0')];
  }
  return text;
}

std::string megabytes_text(std::uint64_t bytes) {
  const std::uint64_t tenths = (bytes + 50'000) / 100'000;
  return fmt::format("{}.{}", grouped(tenths / 10), tenths % 10);
}

bool has_interval(const Estimate& estimate) {
  return !std::isnan(estimate.low) && !std::isnan(estimate.high);
}

}  // namespace nybble::api
