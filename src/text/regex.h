// Regular expressions of tokenizers: Oniguruma's dialect (Hugging Face), run by PCRE2 under limits.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nybble::text {

struct TextRange {
  std::size_t begin = 0, end = 0;
};

// Immutable; used from several threads.
class Regex {
 public:
  // Throws Error(corrupt_file) with the place when the pattern is not understood.
  explicit Regex(std::string pattern);
  Regex(Regex&&) noexcept;
  ~Regex();

  // All matches that do not overlap, left to right; empty ones too, but not just behind a match.
  // `text` is valid UTF-8. Throws Error(unsupported) when the pattern needs more than the allowed
  // steps.
  std::vector<TextRange> find_all(std::string_view text) const;
  const std::string& pattern() const { return pattern_; }

 private:
  std::string pattern_;
  struct Code;
  std::unique_ptr<const Code> code_;
};

// The same expression in PCRE2's dialect. The differences that matter to tokenizers: \h is a
// hexadecimal digit, \s is the property White_Space, classes nest and intersect ([a&&[^b]]),
// x{2,3}+ repeats and is not possessive, \uHHHH.
std::string translate_oniguruma(std::string_view pattern);

}  // namespace nybble::text
