// IQ2_XS: 512 points of 8 magnitudes, even signs, a 4-bit scale per 16 weights, 2.3125 bits per
// weight. Layout: docs/formats/iq2_xs.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"
#include "formats/lattice.h"

namespace nybble::formats {

struct IQ2_XS {
  static constexpr std::string_view name = "IQ2_XS";
  static constexpr int gguf_type = 17, block_len = 256;
  struct Block {
    Half scale;
    std::uint16_t points[32];  // 9 bits of index, 7 bits of signs
    std::uint8_t scales[8];    // a nibble per 16 weights
  };

  static constexpr void decode(const Block& block, float* out) {
    const float scale = to_float(block.scale);
    for (int g = 0; g < 16; ++g) {
      const int sub_scale = block.scales[g / 2] >> 4 * (g % 2) & 15;
      const float group_scale = scale * (0.5f + static_cast<float>(sub_scale)) * 0.25f;
      for (int p = 2 * g; p < 2 * g + 2; ++p) {
        const std::uint32_t bits = block.points[p];
        const std::uint64_t magnitudes = lattice::iq2_magnitudes(lattice::iq2_xs_point(bits & 511));
        const std::uint32_t signs = lattice::even_signs(bits >> 9);
        lattice::write_scaled(lattice::with_signs(magnitudes, signs), group_scale, out + 8 * p);
      }
    }
  }
};
static_assert(Format<IQ2_XS> && sizeof(IQ2_XS::Block) == 74);

}  // namespace nybble::formats
