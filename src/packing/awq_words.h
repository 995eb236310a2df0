// The words of AWQ: eight codes of 4 bits for neighbouring outputs, in an order of their own.
#pragma once

#include <array>

#include "packing/bit_words.h"

namespace nybble::packing {

// Where in its word an output lies: nibble i holds output 0, 2, 4, 6, 1, 3, 5, 7. Source: AutoAWQ
// (MIT), awq/utils/packing_utils.py. Do not change: stored in files.
inline constexpr std::array<std::size_t, 8> awq_nibbles = {0, 4, 1, 5, 2, 6, 3, 7};

// One row of words, of all outputs for one input or one group.
struct AwqWords {
  BitWords words;

  AwqWords(std::int64_t outputs, std::int64_t row)
      : words{4, static_cast<std::size_t>(row * outputs / 8), 1} {}
  static std::size_t place(std::int64_t output) {
    const auto i = static_cast<std::size_t>(output);
    return i / 8 * 8 + awq_nibbles[i % 8];
  }
  std::uint32_t load(std::span<const std::byte> bytes, std::int64_t output) const {
    return words.load(bytes, place(output));
  }
  void store(std::span<std::byte> bytes, std::int64_t output, std::uint32_t code) const {
    words.store(bytes, place(output), code);
  }
};

}  // namespace nybble::packing
