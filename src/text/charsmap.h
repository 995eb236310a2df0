// SentencePiece's precompiled character map: a trie of byte sequences and the text that replaces
// each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nybble::text {

class CharsmapReplacer {
 public:
  // bytes: length of the trie (uint32, little endian), its units, then replacement texts that end
  // in NUL each. Throws Error(corrupt_file).
  explicit CharsmapReplacer(std::string_view bytes);

  // Replaces the longest known sequence at every place. text: valid UTF-8.
  std::string apply(std::string_view text) const;

 private:
  struct Match {
    std::size_t length = 0;  // 0: none
    std::size_t offset = 0;  // of the replacement
  };
  Match longest_match(std::string_view text, std::size_t at) const;

  std::vector<std::uint32_t> units_;
  std::string replacements_;
};

}  // namespace nybble::text
