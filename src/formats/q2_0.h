// Q2_0: 64 codes of two bits for -1, 0, 1, 2 and one fp16 scale, 2.25 bits per weight. Layout:
// docs/formats/q2_0.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"

namespace nybble::formats {

struct Q2_0 {
  static constexpr std::string_view name = "Q2_0";
  static constexpr int gguf_type = 42, block_len = 64, group_len = 64, zero = 1;
  struct Block {
    Half scale;
    std::uint8_t codes[16];  // four neighbours to a byte, the lowest bits first
  };

  static constexpr int code(const Block& block, int i) {
    return block.codes[i / 4] >> 2 * (i % 4) & 3;
  }
  static constexpr GroupScales<1> groups(const Block& block) {
    return {.scale = to_float(block.scale), .offset = 0, .sub_scale = {1}, .sub_offset = {0}};
  }

  static constexpr void decode(const Block& block, float* out) {
    const float scale = to_float(block.scale);
    for (int byte = 0; byte < 16; ++byte) {
      for (int t = 0; t < 4; ++t) {
        out[4 * byte + t] = scale * static_cast<float>((block.codes[byte] >> 2 * t & 3) - zero);
      }
    }
  }
};
static_assert(AffineFormat<Q2_0> && sizeof(Q2_0::Block) == 18);

}  // namespace nybble::formats
