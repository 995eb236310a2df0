// Codes in 32-bit little-endian words: a stream of bits from the lowest on, codes of 3 bits across
// the ends of words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace nybble::packing {

inline std::uint32_t load_word(std::span<const std::byte> bytes, std::size_t i) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes.data() + i * sizeof(word), sizeof(word));
  return word;
}

inline void store_word(std::span<std::byte> bytes, std::size_t i, std::uint32_t word) {
  std::memcpy(bytes.data() + i * sizeof(word), &word, sizeof(word));
}

// Words that `n` codes take; n is a multiple of 32 where bits does not divide 32.
constexpr std::int64_t words_of(std::int64_t n, int bits) {
  return (n * bits + 31) / 32;
}

// One stream among others: word k stands at word first + k * stride of the bytes.
struct BitWords {
  int bits = 0;
  std::size_t first = 0, stride = 1;

  std::size_t place(std::size_t bit) const { return first + bit / 32 * stride; }
  // Code i.
  std::uint32_t load(std::span<const std::byte> bytes, std::size_t i) const {
    const std::size_t bit = i * static_cast<std::size_t>(bits), shift = bit % 32;
    std::uint64_t word = load_word(bytes, place(bit));
    if (shift + static_cast<std::size_t>(bits) > 32)
      word |= std::uint64_t{load_word(bytes, place(bit + 32))} << 32;
    return static_cast<std::uint32_t>(word >> shift) & ((1u << bits) - 1);
  }
  // The same into bytes that were zero there.
  void store(std::span<std::byte> bytes, std::size_t i, std::uint32_t code) const {
    const std::size_t bit = i * static_cast<std::size_t>(bits), shift = bit % 32;
    const std::uint64_t word = std::uint64_t{code} << shift;
    store_word(bytes, place(bit), load_word(bytes, place(bit)) | static_cast<std::uint32_t>(word));
    if (shift + static_cast<std::size_t>(bits) > 32) {
      store_word(bytes, place(bit + 32),
                 load_word(bytes, place(bit + 32)) | static_cast<std::uint32_t>(word >> 32));
    }
  }
};

}  // namespace nybble::packing
