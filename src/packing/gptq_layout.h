// What reading and writing GPTQ share: how a checkpoint orders its numbers. Layout:
// docs/formats/gptq.md
#pragma once

#include <algorithm>
#include <cstdint>

#include "packing/bit_words.h"

namespace nybble::packing {

struct GptqLayout {
  int bits = 4;
  std::int64_t group = 128;  // columns that share a scale; -1: the whole row
  int zero_shift = 1;        // of stored zero points: 1 as "gptq" has them, 0 as "gptq_v2"

  std::int64_t group_of(std::int64_t cols) const {
    return group > 0 ? std::min(group, cols) : cols;
  }
  std::int64_t groups(std::int64_t cols) const {
    return (cols + group_of(cols) - 1) / group_of(cols);
  }
  // Codes of a row lie below each other.
  BitWords codes(std::int64_t rows, std::int64_t row) const {
    return {bits, static_cast<std::size_t>(row), static_cast<std::size_t>(rows)};
  }
  // Zero points of a group lie side by side.
  BitWords zeros(std::int64_t rows, std::int64_t group_index) const {
    return {bits, static_cast<std::size_t>(group_index * words_of(rows, bits)), 1};
  }
};

}  // namespace nybble::packing
