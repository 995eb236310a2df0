// Planes of small codes in bytes, in the order of ggml: a run of bytes holds first the lowest bits
// of `run` values, then the next bits of the following `run` values, and so on.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

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
    // Loops over bits of a byte become no vectors.
    if constexpr (run == 1 && std::endian::native == std::endian::little) {
      if (!std::is_constant_evaluated()) return unpack_bytes<shift>(bytes, codes);
    }
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

  // The codes of one byte, a byte each.
  static constexpr std::uint64_t spread(std::uint64_t byte) {
    for (int half = per_byte / 2; half > 0; half /= 2) {
      std::uint64_t kept = 0;  // `half` codes stay together
      for (int i = 0; i < per_byte / half; ++i) kept |= ((1ull << half * bits) - 1) << i * half * 8;
      byte = (byte | byte << half * (8 - bits)) & kept;
    }
    return byte;
  }
  template <int shift>
  static constexpr void unpack_bytes(const std::uint8_t* __restrict bytes,
                                     std::uint8_t* __restrict codes) {
    for (int b = 0; b < n_bytes; ++b, codes += per_byte) {
      std::uint64_t all = spread(bytes[b]) << shift, kept = 0;
      if (shift != 0) std::memcpy(&kept, codes, per_byte);
      all |= kept;
      std::memcpy(codes, &all, per_byte);
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
