// UTF-8 and the few properties of characters that tokenizers ask for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nybble::text {

struct Decoded {
  char32_t character = 0;
  std::size_t length = 0;  // bytes; 0: no valid sequence starts here
};

// The character that starts at `at` (< text.size()). Overlong forms and surrogates are not valid.
Decoded decode_utf8(std::string_view text, std::size_t at);

// Bytes of the valid text's character whose first byte is `lead`.
constexpr std::size_t utf8_length(unsigned char lead) {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

void append_utf8(std::string& text, char32_t character);

// Every longest broken sequence becomes one U+FFFD, as Unicode recommends (chapter 3.9) and Python
// does.
std::string replace_broken_utf8(std::string_view text);

// Bytes at the end of text that may be the beginning of a character.
std::size_t unfinished_utf8(std::string_view text);

bool is_white_space(char32_t character);  // property White_Space
bool is_number(char32_t character);       // Nd, Nl, No
bool is_punctuation(char32_t character);  // P*, and the symbols of ASCII
bool is_control(char32_t character);      // C* but tab and line ends
bool is_mark(char32_t character);         // Mn
bool is_combining(char32_t character);    // M*
bool is_word(char32_t character);         // \w: letters, marks, decimal digits, connectors
bool is_chinese(char32_t character);      // the ideographs that BERT parts

}  // namespace nybble::text
