// FP4 (E2M1) codes two a byte: neighbours together in checkpoints, halves of a group in blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/table_codes.h"

namespace nybble::packing {

// The n codes that begin at code `first` of the bytes, the lower nibble first.
inline void load_nibbles(std::span<const std::byte> bytes, std::size_t first, std::size_t n,
                         std::uint8_t* codes) {
  for (std::size_t i = 0; i < n; i += 2) {
    const auto byte = static_cast<std::uint8_t>(bytes[(first + i) / 2]);
    codes[i] = byte & 15;
    codes[i + 1] = static_cast<std::uint8_t>(byte >> 4);
  }
}

inline void store_nibbles(const std::uint8_t* codes, std::size_t first, std::size_t n,
                          std::span<std::byte> bytes) {
  for (std::size_t i = 0; i < n; i += 2)
    bytes[(first + i) / 2] = static_cast<std::byte>(codes[i] | codes[i + 1] << 4);
}

}  // namespace nybble::packing
