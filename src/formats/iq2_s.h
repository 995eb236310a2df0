// IQ2_S: 1024 points of 8 magnitudes, free signs, a 4-bit scale per 16 weights, 2.5625 bits per
// weight. Layout: docs/formats/iq2_s.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"
#include "formats/lattice.h"

namespace nybble::formats {

struct IQ2_S {
  static constexpr std::string_view name = "IQ2_S";
  static constexpr int gguf_type = 22, block_len = 256;
  struct Block {
    Half scale;
    std::uint8_t low[32];  // low eight bits of a point's index
    std::uint8_t signs[32];
    std::uint8_t high[8];    // 4 x 2 high bits
    std::uint8_t scales[8];  // a nibble per 16 weights
  };

  static constexpr void decode(const Block& block, float* out) {
    const float scale = to_float(block.scale);
    for (int g = 0; g < 16; ++g) {
      const int sub_scale = block.scales[g / 2] >> 4 * (g % 2) & 15;
      const float group_scale = scale * (0.5f + static_cast<float>(sub_scale)) * 0.25f;
      for (int p = 2 * g; p < 2 * g + 2; ++p) {
        const std::uint32_t high = std::uint32_t{block.high[p / 4]} >> 2 * (p % 4) & 3;
        const std::uint32_t point = lattice::iq2_s_point(block.low[p] | high << 8);
        lattice::write_scaled(lattice::with_signs(lattice::iq2_magnitudes(point), block.signs[p]),
                              group_scale, out + 8 * p);
      }
    }
  }
};
static_assert(Format<IQ2_S> && sizeof(IQ2_S::Block) == 82);

}  // namespace nybble::formats
