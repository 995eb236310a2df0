// Planes of small codes in bytes, in the order of ggml: a run of bytes holds first the lowest bits
// of `run` values, then the next bits of the following `run` values, and so on.
#pragma once

#include <cstdint>

namespace nybble::formats {

// `count` codes of `bits` bits. Value i of a chunk of run * 8 / bits values lies in byte i % run,
// at bit (i / run) * bits.
template <int bits, int run, int count>
struct BitPlane {
  static constexpr int per_byte = 8 / bits, chunk = run * per_byte, n_bytes = count / per_byte;
  static constexpr unsigned mask = (1u << bits) - 1;
  static_assert(count % chunk == 0 && 8 % bits == 0);

  static constexpr int code(const std::uint8_t* bytes, int i) {
    const unsigned byte = bytes[i / chunk * run + i % run];
    return static_cast<int>((byte >> (i % chunk / run * bits)) & mask);
  }

  // codes[i] |= code i << shift, or = when the plane is the first. Nothing overlaps.
  template <int shift = 0>
  static constexpr void unpack(const std::uint8_t* __restrict bytes,
                               std::uint8_t* __restrict codes) {
    for (int c = 0; c < count / chunk; ++c) {
      for (int part = 0; part < per_byte; ++part) {
        std::uint8_t* out = codes + c * chunk + part * run;
        for (int k = 0; k < run; ++k) {
          const unsigned code = (bytes[c * run + k] >> (part * bits)) & mask;
          const unsigned kept = shift == 0 ? 0 : out[k];
          out[k] = static_cast<std::uint8_t>(kept | (code << shift));
        }
      }
    }
  }

  // The inverse: stores bits [shift, shift + bits) of each code.
  template <int shift = 0>
  static constexpr void pack(const std::uint8_t* codes, std::uint8_t* bytes) {
    for (int b = 0; b < n_bytes; ++b) bytes[b] = 0;
    for (int i = 0; i < count; ++i) {
      const unsigned code = (static_cast<unsigned>(codes[i]) >> shift) & mask;
      std::uint8_t& byte = bytes[i / chunk * run + i % run];
      byte = static_cast<std::uint8_t>(byte | (code << (i % chunk / run * bits)));
    }
  }
};

}  // namespace nybble::formats
