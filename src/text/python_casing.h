// Letters whose upper or title case is several letters: Unicode's SpecialCasing.txt, unconditional
// entries.
#pragma once

#include <array>
#include <span>

namespace nybble::text::python {

struct SpecialCase {
  char32_t letter;
  std::array<char32_t, 3> becomes;  // ends with 0 when shorter
};

// Sorted by letter.
std::span<const SpecialCase> special_upper();
std::span<const SpecialCase> special_title();

}  // namespace nybble::text::python
