// TQ1_0: ternary weights, five to a byte, one fp16 scale per 256, 1.6875 bits per weight. Layout:
// docs/formats/tq1_0.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"

namespace nybble::formats {

struct TQ1_0 {
  static constexpr std::string_view name = "TQ1_0";
  static constexpr int gguf_type = 34, block_len = 256, group_len = 256, zero = 1, n_codes = 3;
  // A byte holds digits of base 3, the first one the highest, as the fraction byte / 256.
  struct Block {
    std::uint8_t digits32[32];  // weights 0 ... 159: digit t of byte m is weight 32 t + m
    std::uint8_t digits16[16];  // weights 160 ... 239: digit t of byte m is weight 160 + 16 t + m
    std::uint8_t
        digits4[4];  // weights 240 ... 255: digit t of byte m is weight 240 + 4 t + m; four digits
    Half scale;
  };

  // Digit number t, given 3^t: shift it before the point (modulo 256), then read what a
  // multiplication by 3 carries.
  static constexpr int digit(std::uint8_t byte, int power) {
    return static_cast<std::uint8_t>(byte * power) * 3 >> 8;
  }
  static constexpr int code(const Block& block, int i) {
    const int width = i < 160 ? 32 : i < 240 ? 16 : 4;
    const std::uint8_t* bytes = i < 160 ? block.digits32 : i < 240 ? block.digits16 : block.digits4;
    const int offset = i < 160 ? i : i < 240 ? i - 160 : i - 240;
    int power = 1;
    for (int t = offset / width; t > 0; --t) power *= 3;
    return digit(bytes[offset % width], power);
  }
  static constexpr void unpack(const Block& block, std::uint8_t* codes) {
    for_digits(block, [&](int i, int digit) { codes[i] = static_cast<std::uint8_t>(digit); });
  }
  static constexpr GroupScales<1> groups(const Block& block) {
    return {.scale = to_float(block.scale), .sub_scale = {1}};
  }

  static constexpr void decode(const Block& block, float* out) {
    const float scale = to_float(block.scale);
    for_digits(block, [&](int i, int digit) { out[i] = scale * static_cast<float>(digit - zero); });
  }

  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);

 private:
  // put(i, digit of weight i) for all.
  template <class Put>
  static constexpr void for_digits(const Block& block, const Put& put) {
    for_digits<32, 5>(block.digits32, 0, put);
    for_digits<16, 5>(block.digits16, 160, put);
    for_digits<4, 4>(block.digits4, 240, put);
  }
  template <int width, int n_digits, class Put>
  static constexpr void for_digits(const std::uint8_t* bytes, int first, const Put& put) {
    int power = 1;
    for (int t = 0; t < n_digits; ++t, power *= 3) {
      for (int m = 0; m < width; ++m) put(first + t * width + m, digit(bytes[m], power));
    }
  }
};
static_assert(AffineFormat<TQ1_0> && Encodable<TQ1_0> && sizeof(TQ1_0::Block) == 54);

}  // namespace nybble::formats
