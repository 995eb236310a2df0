// The trie is a double array as darts-clone builds it. A unit holds: bits 0-7 the byte that leads
// to it (bit 31 as well: then it holds a value in bits 0-30), bit 8 whether a value hangs on it,
// bits 10-30 the offset to its children, which bit 9 says to shift by 8. Source: darts-clone (BSD),
// include/darts.h; sentencepiece (Apache-2.0), src/normalizer.cc.
#include "text/charsmap.h"

#include "base/error.h"
#include "base/utf8.h"
#include "text/characters.h"

namespace nybble::text {
namespace {

constexpr std::uint32_t label_of(std::uint32_t unit) {
  return unit & (1u << 31 | 0xffu);
}
constexpr bool has_value(std::uint32_t unit) {
  return (unit >> 8 & 1u) != 0;
}
constexpr std::uint32_t value_of(std::uint32_t unit) {
  return unit & 0x7fffffffu;
}
constexpr std::uint32_t offset_of(std::uint32_t unit) {
  return (unit >> 10) << ((unit & 1u << 9) >> 6);
}

std::uint32_t read_u32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return value;
}

}  // namespace

CharsmapReplacer::CharsmapReplacer(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t trie_bytes = bytes.size() < 4 ? 0 : read_u32(bytes, 0);
  if (bytes.size() < 4 || trie_bytes % 4 != 0 || trie_bytes > bytes.size() - 4) {
    fail(ErrorKind::corrupt_file,
         "precompiled_charsmap of the tokenizer: expected a trie within {} bytes, found a length "
         "of {}",
         bytes.size(), trie_bytes);
  }
  for (std::size_t at = 4; at < 4 + trie_bytes; at += 4) units_.push_back(read_u32(bytes, at));
  replacements_ = bytes.substr(4 + trie_bytes);
}

CharsmapReplacer::Match CharsmapReplacer::longest_match(std::string_view text,
                                                        std::size_t at) const {
  Match match;
  if (units_.empty()) return match;
  std::size_t node = offset_of(units_[0]);
  for (std::size_t i = at; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    node ^= byte;
    if (byte == 0 || node >= units_.size() || label_of(units_[node]) != byte) break;
    const std::uint32_t unit = units_[node];
    node ^= offset_of(unit);
    if (node >= units_.size()) break;
    if (has_value(unit)) match = {i + 1 - at, value_of(units_[node])};
  }
  // A value outside the texts would be a broken file; such an entry is passed over like an unknown
  // sequence.
  return match.offset < replacements_.size() ? match : Match{};
}

std::string CharsmapReplacer::apply(std::string_view text) const {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Match match = longest_match(text, at);
    if (match.length > 0) {
      const std::size_t end = replacements_.find('\0', match.offset);
      result += replacements_.substr(match.offset, end - match.offset);
      at += match.length;
    } else {
      const std::size_t length = utf8_length(static_cast<unsigned char>(text[at]));
      result += text.substr(at, length);
      at += length;
    }
  }
  // Hostile maps can cut characters apart or hold broken text.
  return is_utf8(result) ? result : replace_broken_utf8(result);
}

}  // namespace nybble::text
