#include "text/characters.h"

#include <utf8proc.h>

namespace nybble::text {
namespace {

// Length of the sequence and the least character that needs it, by the first byte.
struct Lead {
  std::size_t length;
  char32_t bits, least;
};

Lead read_lead(unsigned char byte) {
  if (byte < 0x80) return {1, byte, 0};
  if (byte >= 0xc2 && byte < 0xe0) return {2, byte & 0x1fu, 0x80};
  if (byte >= 0xe0 && byte < 0xf0) return {3, byte & 0x0fu, 0x800};
  if (byte >= 0xf0 && byte < 0xf5) return {4, byte & 0x07u, 0x10000};
  return {0, 0, 0};
}

// Whether `second` may follow `lead`: excludes overlong forms, surrogates and what is past
// U+10FFFF.
bool second_fits(unsigned char lead, unsigned char second) {
  if ((second & 0xc0) != 0x80) return false;
  if (lead == 0xe0) return second >= 0xa0;
  if (lead == 0xed) return second < 0xa0;
  if (lead == 0xf0) return second >= 0x90;
  if (lead == 0xf4) return second < 0x90;
  return true;
}

// Bytes from `at` on that belong to one sequence, whole or broken; at least 1.
std::size_t sequence_length(std::string_view text, std::size_t at, bool& whole) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const Lead lead = read_lead(byte(at));
  whole = lead.length == 1;
  if (lead.length < 2) return 1;
  std::size_t length = 1;
  while (length < lead.length && at + length < text.size()) {
    const unsigned char next = byte(at + length);
    if (length == 1 ? !second_fits(byte(at), next) : (next & 0xc0) != 0x80) return length;
    ++length;
  }
  whole = length == lead.length;
  return length;
}

utf8proc_category_t category(char32_t character) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(character));
}

bool in_range(char32_t c, char32_t first, char32_t last) {
  return c >= first && c <= last;
}

}  // namespace

Decoded decode_utf8(std::string_view text, std::size_t at) {
  bool whole = false;
  const std::size_t length = sequence_length(text, at, whole);
  if (!whole) return {};
  char32_t character = read_lead(static_cast<unsigned char>(text[at])).bits;
  for (std::size_t i = 1; i < length; ++i) {
    character = character << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3fu);
  }
  return {character, length};
}

void append_utf8(std::string& text, char32_t c) {
  const auto put = [&text](char32_t byte) { text += static_cast<char>(byte); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(0xe0 | c >> 12);
    } else {
      put(0xf0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3f));
    }
    put(0x80 | (c >> 6 & 0x3f));
  }
  put(0x80 | (c & 0x3f));
}

std::string replace_broken_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 8);
  for (std::size_t at = 0; at < text.size();) {
    bool whole = false;
    const std::size_t length = sequence_length(text, at, whole);
    result += whole ? text.substr(at, length) : std::string_view("\xef\xbf\xbd");
    at += length;
  }
  return result;
}

std::size_t unfinished_utf8(std::string_view text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const std::size_t at = text.size() - back;
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte & 0xc0) == 0x80) continue;
    bool whole = false;
    const std::size_t length = sequence_length(text, at, whole);
    return !whole && length == back && read_lead(byte).length > back ? back : 0;
  }
  return 0;
}

bool is_white_space(char32_t c) {
  return in_range(c, 0x09, 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         in_range(c, 0x2000, 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

bool is_number(char32_t c) {
  const auto kind = category(c);
  return kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO;
}

bool is_punctuation(char32_t c) {
  if (c < 0x80)
    return in_range(c, 0x21, 0x2f) || in_range(c, 0x3a, 0x40) || in_range(c, 0x5b, 0x60) ||
           in_range(c, 0x7b, 0x7e);
  const auto kind = category(c);
  return kind >= UTF8PROC_CATEGORY_PC && kind <= UTF8PROC_CATEGORY_PO;
}

bool is_control(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  const auto kind = category(c);
  return kind == UTF8PROC_CATEGORY_CC || kind == UTF8PROC_CATEGORY_CF ||
         kind == UTF8PROC_CATEGORY_CO || kind == UTF8PROC_CATEGORY_CN ||
         kind == UTF8PROC_CATEGORY_CS;
}

bool is_mark(char32_t c) {
  return category(c) == UTF8PROC_CATEGORY_MN;
}

bool is_combining(char32_t c) {
  const auto kind = category(c);
  return kind >= UTF8PROC_CATEGORY_MN && kind <= UTF8PROC_CATEGORY_ME;
}

bool is_word(char32_t c) {
  const auto kind = category(c);
  return (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_ND) ||
         kind == UTF8PROC_CATEGORY_NL || kind == UTF8PROC_CATEGORY_PC;
}

bool is_chinese(char32_t c) {
  return in_range(c, 0x4e00, 0x9fff) || in_range(c, 0x3400, 0x4dbf) ||
         in_range(c, 0x20000, 0x2a6df) || in_range(c, 0x2a700, 0x2b73f) ||
         in_range(c, 0x2b740, 0x2b81f) || in_range(c, 0x2b920, 0x2ceaf) ||
         in_range(c, 0xf900, 0xfaff) || in_range(c, 0x2f800, 0x2fa1f);
}

}  // namespace nybble::text
