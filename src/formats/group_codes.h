// Codes of 1 to 8 bits of one group, in planes that unpack in plain loops.
#pragma once

#include <cstdint>

#include "formats/bit_plane.h"

namespace nybble::formats {

// `len` codes of `bits` bits, len divisible by 32.
template <int bits, int len>
struct GroupCodes {
  using Plane = BitPlane<bits, 32 * bits / 8, len>;
  static constexpr int n_bytes = Plane::n_bytes;
  static constexpr int code(const std::uint8_t* bytes, int i) { return Plane::code(bytes, i); }
  static constexpr void unpack(const std::uint8_t* bytes, std::uint8_t* codes) {
    Plane::unpack(bytes, codes);
  }
  static constexpr void pack(const std::uint8_t* codes, std::uint8_t* bytes) {
    Plane::pack(codes, bytes);
  }
};

// Three bits: the lower two of all codes, then the highest of all.
template <int len>
struct GroupCodes<3, len> {
  using Low = BitPlane<2, 8, len>;
  using High = BitPlane<1, 4, len>;
  static constexpr int n_bytes = Low::n_bytes + High::n_bytes;
  static constexpr int code(const std::uint8_t* bytes, int i) {
    return Low::code(bytes, i) | High::code(bytes + Low::n_bytes, i) << 2;
  }
  static constexpr void unpack(const std::uint8_t* bytes, std::uint8_t* codes) {
    Low::unpack(bytes, codes);
    High::template unpack<2>(bytes + Low::n_bytes, codes);
  }
  static constexpr void pack(const std::uint8_t* codes, std::uint8_t* bytes) {
    Low::pack(codes, bytes);
    High::template pack<2>(codes, bytes + Low::n_bytes);
  }
};

}  // namespace nybble::formats
