// Q1_0: 128 signs and one fp16 scale, 1.125 bits per weight. Layout: docs/formats/q1_0.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"

namespace nybble::formats {

struct Q1_0 {
  static constexpr std::string_view name = "Q1_0";
  static constexpr int gguf_type = 41, block_len = 128, group_len = 128, zero = 0;
  struct Block {
    Half scale;
    std::uint8_t codes[16];  // a bit per weight, the lowest first; 1 is +scale
  };

  static constexpr int code(const Block& block, int i) { return block.codes[i / 8] >> i % 8 & 1; }
  // Two levels: 2 * scale * code - scale.
  static constexpr GroupScales<1> groups(const Block& block) {
    const float scale = to_float(block.scale);
    return {.scale = 2 * scale, .offset = -scale, .sub_scale = {1}, .sub_offset = {1}};
  }

  static constexpr void decode(const Block& block, float* out) {
    const float scale = to_float(block.scale);
    for (int byte = 0; byte < 16; ++byte) {
      for (int bit = 0; bit < 8; ++bit) {
        out[8 * byte + bit] = block.codes[byte] & 1 << bit ? scale : -scale;
      }
    }
  }
};
static_assert(AffineFormat<Q1_0> && sizeof(Q1_0::Block) == 18);

}  // namespace nybble::formats
