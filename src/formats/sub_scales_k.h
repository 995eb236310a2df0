// The 8 scales and 8 offsets of 6 bits that Q4_K and Q5_K pack in 12 bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/half.h"
#include "formats/format.h"

namespace nybble::formats {

// Bytes 0-3: scales 0-3, bytes 4-7: offsets 0-3, in the low six bits. Bytes 8-11: low nibbles of
// scales 4-7, high nibbles the same of offsets 4-7; their upper two bits are the top bits of bytes
// 0-3 (scales) and 4-7 (offsets).
struct SubScalesK {
  std::array<std::uint8_t, 8> scale{};
  std::array<std::uint8_t, 8> offset{};

  static constexpr SubScalesK unpack(const std::uint8_t* bytes) {
    SubScalesK sub;
    for (std::size_t g = 0; g < 4; ++g) {
      sub.scale[g] = bytes[g] & 63;
      sub.offset[g] = bytes[g + 4] & 63;
      sub.scale[g + 4] = static_cast<std::uint8_t>((bytes[g + 8] & 15) | (bytes[g] >> 6 << 4));
      sub.offset[g + 4] = static_cast<std::uint8_t>((bytes[g + 8] >> 4) | (bytes[g + 4] >> 6 << 4));
    }
    return sub;
  }

  // The scales of a block whose offset is subtracted.
  constexpr GroupScales<8> groups(Half block_scale, Half block_offset) const {
    GroupScales<8> groups{.scale = to_float(block_scale), .offset = -to_float(block_offset)};
    for (std::size_t g = 0; g < 8; ++g) {
      groups.sub_scale[g] = static_cast<float>(scale[g]);
      groups.sub_offset[g] = static_cast<float>(offset[g]);
    }
    return groups;
  }

  constexpr void pack(std::uint8_t* bytes) const {
    for (std::size_t g = 0; g < 4; ++g) {
      bytes[g] = static_cast<std::uint8_t>(scale[g] | (scale[g + 4] >> 4 << 6));
      bytes[g + 4] = static_cast<std::uint8_t>(offset[g] | (offset[g + 4] >> 4 << 6));
      bytes[g + 8] = static_cast<std::uint8_t>((scale[g + 4] & 15) | ((offset[g + 4] & 15) << 4));
    }
  }
};

}  // namespace nybble::formats
