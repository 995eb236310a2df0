#include "text/byte_alphabet.h"

#include <array>

#include "text/characters.h"

namespace nybble::text {
namespace {

// The last character of the alphabet is U+0143: 68 bytes are not printable, they follow U+0100 in
// order.
constexpr std::size_t kCharacters = 256 + 68;

constexpr bool is_printable(int byte) {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

struct Tables {
  std::array<char32_t, 256> character{};
  std::array<int, kCharacters> byte{};
};

constexpr Tables make_tables() {
  Tables tables;
  tables.byte.fill(-1);
  char32_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const char32_t character = is_printable(byte) ? static_cast<char32_t>(byte) : next++;
    tables.character[static_cast<std::size_t>(byte)] = character;
    tables.byte[character] = byte;
  }
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

void append_byte_alphabet(std::string_view bytes, std::string& text) {
  for (const char byte : bytes) {
    const char32_t character = kTables.character[static_cast<unsigned char>(byte)];
    if (character < 0x80) {
      text += static_cast<char>(character);
    } else {
      append_utf8(text, character);
    }
  }
}

std::optional<char> byte_of_alphabet(char32_t character) {
  if (character >= kCharacters || kTables.byte[character] < 0) return std::nullopt;
  return static_cast<char>(kTables.byte[character]);
}

std::optional<std::string> bytes_of_alphabet(std::string_view spelling) {
  std::string bytes;
  for (std::size_t at = 0; at < spelling.size();) {
    const Decoded decoded = decode_utf8(spelling, at);
    const auto byte = decoded.length == 0 ? std::nullopt : byte_of_alphabet(decoded.character);
    if (!byte) return std::nullopt;
    bytes += *byte;
    at += decoded.length;
  }
  return bytes;
}

}  // namespace nybble::text
