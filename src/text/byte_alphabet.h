// GPT-2's alphabet: every byte as a printable character, so that vocabularies are text. Source:
// openai/gpt-2 encoder.py.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nybble::text {

// Each byte of `bytes` as its character, in UTF-8.
void append_byte_alphabet(std::string_view bytes, std::string& text);

// The byte that a character stands for; nothing for a character outside the alphabet.
std::optional<char> byte_of_alphabet(char32_t character);

// The bytes that a spelling stands for; nothing when a character is outside the alphabet.
std::optional<std::string> bytes_of_alphabet(std::string_view spelling);

}  // namespace nybble::text
