// TQ2_0: ternary weights in two bits each, one fp16 scale per 256, 2.0625 bits per weight. Layout:
// docs/formats/tq2_0.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"

namespace nybble::formats {

struct TQ2_0 {
  static constexpr std::string_view name = "TQ2_0";
  static constexpr int gguf_type = 35, block_len = 256, group_len = 256, zero = 1;
  struct Block {
    std::uint8_t codes[64];  // weight 128 h + 32 t + m: bits 2 t of byte 32 h + m
    Half scale;
  };

  static constexpr int code(const Block& block, int i) {
    return block.codes[i / 128 * 32 + i % 32] >> 2 * (i / 32 % 4) & 3;
  }
  static constexpr GroupScales<1> groups(const Block& block) {
    return {.scale = to_float(block.scale), .offset = 0, .sub_scale = {1}, .sub_offset = {0}};
  }

  static constexpr void decode(const Block& block, float* out) {
    const float scale = to_float(block.scale);
    for (int row = 0; row < 8; ++row) {
      const std::uint8_t* bytes = block.codes + row / 4 * 32;
      for (int m = 0; m < 32; ++m) {
        out[32 * row + m] = scale * static_cast<float>((bytes[m] >> 2 * (row % 4) & 3) - zero);
      }
    }
  }
};
static_assert(AffineFormat<TQ2_0> && sizeof(TQ2_0::Block) == 66);

}  // namespace nybble::formats
