// IQ1_S: ternary points of 8 weights with a shift, 1.5625 bits per weight. Layout:
// docs/formats/iq1_s.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"
#include "formats/lattice.h"

namespace nybble::formats {

struct IQ1_S {
  static constexpr std::string_view name = "IQ1_S";
  static constexpr int gguf_type = 19, block_len = 256;
  struct Block {
    Half scale;
    std::uint8_t low[32];  // low eight bits of a point's index
    std::uint16_t
        groups[8];  // per 32 weights: 4 x 3 high bits, 3 bits of scale, direction of the shift
  };

  static constexpr void decode(const Block& block, float* out) {
    const float scale = to_float(block.scale);
    for (int g = 0; g < 8; ++g) {
      const std::uint32_t bits = block.groups[g];
      const float group_scale = scale * static_cast<float>(2 * (bits >> 12 & 7) + 1);
      for (int p = 0; p < 4; ++p) {
        const std::uint32_t index = block.low[4 * g + p] | (bits >> 3 * p & 7) << 8;
        lattice::write_iq1(lattice::iq1_point(index), group_scale, bits >> 15,
                           out + 32 * g + 8 * p);
      }
    }
  }
};
static_assert(Format<IQ1_S> && sizeof(IQ1_S::Block) == 50);

}  // namespace nybble::formats
