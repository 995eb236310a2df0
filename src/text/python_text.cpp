// Python's str on UTF-8: places, letter case, repr. Cutting and searching stand in
// python_split.cpp.
#include "text/python_text.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>

#include "text/characters.h"
#include "text/python_casing.h"

namespace nybble::text::python {

char32_t next_code_point(std::string_view text, std::size_t& place) {
  const auto first = static_cast<unsigned char>(text[place]);
  const Decoded decoded = first < 0x80 ? Decoded{first, 1} : decode_utf8(text, place);
  place += decoded.length == 0 ? 1 : decoded.length;
  return decoded.length == 0 ? char32_t{0xfffd} : decoded.character;
}

char32_t previous_code_point(std::string_view text, std::size_t& place) {
  std::size_t start = place - 1;
  while (start > 0 && place - start < 4 &&
         (static_cast<unsigned char>(text[start]) & 0xc0) == 0x80) {
    --start;
  }
  std::size_t end = start;
  const char32_t c = next_code_point(text, end);
  if (end != place) {  // a broken sequence: one byte
    --place;
    return 0xfffd;
  }
  place = start;
  return c;
}

std::optional<std::size_t> count_code_points(std::string_view text) {
  if (std::none_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; })) {
    return text.size();
  }
  std::size_t count = 0;
  for (std::size_t place = 0; place < text.size(); ++count) {
    const bool broken = next_code_point(text, place) == 0xfffd &&
                        (place < 3 || text.substr(place - 3, 3) != "\xef\xbf\xbd");
    if (broken) return std::nullopt;
  }
  return count;
}

std::size_t byte_of(std::string_view text, std::size_t code_point, bool ascii) {
  if (ascii) return std::min(code_point, text.size());
  std::size_t place = 0;
  for (; code_point > 0 && place < text.size(); --code_point) next_code_point(text, place);
  return place;
}

namespace {

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

char32_t simple_upper(char32_t c) {
  return static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c)));
}
char32_t simple_lower(char32_t c) {
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}
char32_t simple_title(char32_t c) {
  return static_cast<char32_t>(utf8proc_totitle(static_cast<utf8proc_int32_t>(c)));
}

void append_special(std::string& out, char32_t c, std::span<const SpecialCase> table,
                    char32_t (*simple)(char32_t)) {
  const auto found = std::lower_bound(
      table.begin(), table.end(), c, [](const SpecialCase& s, char32_t x) { return s.letter < x; });
  if (found == table.end() || found->letter != c) return append_utf8(out, simple(c));
  for (const char32_t part : found->becomes) {
    if (part != 0) append_utf8(out, part);
  }
}

void append_upper(std::string& out, char32_t c) {
  append_special(out, c, special_upper(), simple_upper);
}
void append_title(std::string& out, char32_t c) {
  append_special(out, c, special_title(), simple_title);
}

// Unicode's Case_Ignorable, near enough: marks, modifiers, format characters and the marks inside
// words.
bool is_case_ignorable(char32_t c) {
  if (c == '\'' || c == '.' || c == ':' || c == '^' || c == '`' || c == 0xa8 || c == 0xad ||
      c == 0xaf || c == 0xb4 || c == 0xb7 || c == 0xb8 || c == 0x2018 || c == 0x2019 ||
      c == 0x2024 || c == 0x2027) {
    return true;
  }
  const utf8proc_category_t kind = category(c);
  return kind == UTF8PROC_CATEGORY_MN || kind == UTF8PROC_CATEGORY_ME ||
         kind == UTF8PROC_CATEGORY_CF || kind == UTF8PROC_CATEGORY_LM ||
         kind == UTF8PROC_CATEGORY_SK;
}

// A capital sigma is written in its final form after a letter and not before one.
bool is_final_sigma(std::string_view text, std::size_t start, std::size_t end) {
  while (start > 0) {
    const char32_t c = previous_code_point(text, start);
    if (is_case_ignorable(c)) continue;
    if (!is_cased(c)) return false;
    while (end < text.size()) {
      const char32_t after = next_code_point(text, end);
      if (!is_case_ignorable(after)) return !is_cased(after);
    }
    return true;
  }
  return false;
}

// The lower case of the code point between start and end.
void append_lower(std::string& out, std::string_view text, std::size_t start, std::size_t end,
                  char32_t c) {
  if (c == 0x130) {
    append_utf8(out, 'i');
    append_utf8(out, 0x307);
  } else if (c == 0x3a3) {
    append_utf8(out, is_final_sigma(text, start, end) ? 0x3c2 : 0x3c3);
  } else {
    append_utf8(out, simple_lower(c));
  }
}

template <class Append>
std::string each_code_point(std::string_view text, const Append& append) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t place = 0; place < text.size();) {
    const std::size_t start = place;
    const char32_t c = next_code_point(text, place);
    append(out, start, place, c);
  }
  return out;
}

}  // namespace

bool is_space(char32_t c) {
  return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

bool is_alpha(char32_t c) {
  const utf8proc_category_t kind = category(c);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool is_decimal(char32_t c) {
  return category(c) == UTF8PROC_CATEGORY_ND;
}

bool is_digit(char32_t c) {
  const bool raised = c == 0xb2 || c == 0xb3 || c == 0xb9 || c == 0x2070 ||
                      (c >= 0x2074 && c <= 0x2079) || (c >= 0x2080 && c <= 0x2089);
  const bool circled =
      (c >= 0x1369 && c <= 0x1371) || c == 0x19da || (c >= 0x2460 && c <= 0x2468) ||
      (c >= 0x2474 && c <= 0x247c) || (c >= 0x2488 && c <= 0x2490) || c == 0x24ea ||
      (c >= 0x24f5 && c <= 0x24fd) || c == 0x24ff || (c >= 0x2776 && c <= 0x277e) ||
      (c >= 0x2780 && c <= 0x2788) || (c >= 0x278a && c <= 0x2792) ||
      (c >= 0x10a40 && c <= 0x10a43) || (c >= 0x10e60 && c <= 0x10e68) ||
      (c >= 0x11052 && c <= 0x1105a) || (c >= 0x1f100 && c <= 0x1f10a);
  return is_decimal(c) || raised || circled;
}

bool is_numeric(char32_t c) {
  const utf8proc_category_t kind = category(c);
  return kind == UTF8PROC_CATEGORY_ND || kind == UTF8PROC_CATEGORY_NL ||
         kind == UTF8PROC_CATEGORY_NO;
}

bool is_alnum(char32_t c) {
  return is_alpha(c) || is_numeric(c);
}

bool is_upper(char32_t c) {
  return simple_lower(c) != c && category(c) != UTF8PROC_CATEGORY_LT;
}
bool is_lower(char32_t c) {
  return category(c) == UTF8PROC_CATEGORY_LL ||
         (simple_upper(c) != c && category(c) != UTF8PROC_CATEGORY_LT);
}
bool is_title(char32_t c) {
  return category(c) == UTF8PROC_CATEGORY_LT;
}
bool is_cased(char32_t c) {
  return is_upper(c) || is_lower(c) || is_title(c) || category(c) == UTF8PROC_CATEGORY_LU;
}

bool is_printable(char32_t c) {
  switch (category(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    case UTF8PROC_CATEGORY_ZS:
      return c == ' ';
    default:
      return true;
  }
}

bool is_word(char32_t c) {
  return c == '_' || is_alnum(c);
}

bool is_identifier(std::string_view text) {
  for (std::size_t place = 0; place < text.size();) {
    const bool first = place == 0;
    const char32_t c = next_code_point(text, place);
    const utf8proc_category_t kind = category(c);
    const bool start = c == '_' || is_alpha(c) || kind == UTF8PROC_CATEGORY_NL;
    const bool inner = kind == UTF8PROC_CATEGORY_ND || kind == UTF8PROC_CATEGORY_MN ||
                       kind == UTF8PROC_CATEGORY_MC || kind == UTF8PROC_CATEGORY_PC || c == 0xb7;
    if (!start && (first || !inner)) return false;
  }
  return !text.empty();
}

std::string upper(std::string_view text) {
  return each_code_point(
      text, [](std::string& out, std::size_t, std::size_t, char32_t c) { append_upper(out, c); });
}

std::string lower(std::string_view text) {
  return each_code_point(text, [&](std::string& out, std::size_t start, std::size_t end,
                                   char32_t c) { append_lower(out, text, start, end, c); });
}

std::string title(std::string_view text) {
  bool inside = false;
  return each_code_point(text,
                         [&](std::string& out, std::size_t start, std::size_t end, char32_t c) {
                           if (inside) {
                             append_lower(out, text, start, end, c);
                           } else {
                             append_title(out, c);
                           }
                           inside = is_cased(c);
                         });
}

std::string capitalize(std::string_view text) {
  return each_code_point(text,
                         [&](std::string& out, std::size_t start, std::size_t end, char32_t c) {
                           if (start == 0) {
                             append_title(out, c);
                           } else {
                             append_lower(out, text, start, end, c);
                           }
                         });
}

std::string swap_case(std::string_view text) {
  return each_code_point(text,
                         [&](std::string& out, std::size_t start, std::size_t end, char32_t c) {
                           if (is_upper(c)) {
                             append_lower(out, text, start, end, c);
                           } else if (is_lower(c)) {
                             append_upper(out, c);
                           } else {
                             append_utf8(out, c);
                           }
                         });
}

std::string case_fold(std::string_view text) {
  return each_code_point(text, [](std::string& out, std::size_t, std::size_t, char32_t c) {
    utf8proc_int32_t folded[8];
    int boundary = 0;
    const utf8proc_ssize_t n = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), folded, 8,
                                                       UTF8PROC_CASEFOLD, &boundary);
    for (utf8proc_ssize_t i = 0; i < n; ++i) append_utf8(out, static_cast<char32_t>(folded[i]));
  });
}

std::string repr(std::string_view text) {
  const bool double_quotes =
      text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char quote = double_quotes ? '"' : '\'';
  std::string out(1, quote);
  for (std::size_t place = 0; place < text.size();) {
    const char32_t c = next_code_point(text, place);
    const auto code = static_cast<std::uint32_t>(c);
    if (c == static_cast<char32_t>(quote) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (is_printable(c)) {
      append_utf8(out, c);
    } else if (c < 0x100) {
      out += fmt::format("\\x{:02x}", code);
    } else {
      out += c < 0x10000 ? fmt::format("\\u{:04x}", code) : fmt::format("\\U{:08x}", code);
    }
  }
  out += quote;
  return out;
}

}  // namespace nybble::text::python
