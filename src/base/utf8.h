// Is a text UTF-8, and can it be shown: for names that come from untrusted files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nybble {

// The bytes of the character at the start of the text, 0 when it is malformed or there is none.
std::size_t character_length(std::string_view text);

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// UTF-8 without control characters, so that it can stand in one line of a message or of JSON.
bool is_printable_name(std::string_view text);

// The text cut to max_bytes, with what cannot be shown replaced by '?'.
std::string printable(std::string_view text, std::size_t max_bytes = 80);

}  // namespace nybble
