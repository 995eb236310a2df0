// IQ2_XXS: 256 points of 8 magnitudes, even signs, a 4-bit scale per 32 weights, 2.0625 bits per
// weight. Layout: docs/formats/iq2_xxs.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"
#include "formats/lattice.h"

namespace nybble::formats {

struct IQ2_XXS {
  static constexpr std::string_view name = "IQ2_XXS";
  static constexpr int gguf_type = 16, block_len = 256;
  struct Group {
    std::uint8_t index[4];
    std::uint8_t signs[4];  // one 32-bit number: 4 x 7 bits of signs, 4 bits of scale
  };
  struct Block {
    Half scale;
    Group groups[8];
  };

  static constexpr void decode(const Block& block, float* out) {
    const float scale = to_float(block.scale);
    for (int g = 0; g < 8; ++g) {
      const Group& group = block.groups[g];
      const std::uint32_t bits = lattice::load_u32(group.signs);
      const float group_scale = scale * (0.5f + static_cast<float>(bits >> 28)) * 0.25f;
      for (int p = 0; p < 4; ++p) {
        const std::uint64_t magnitudes =
            lattice::iq2_magnitudes(lattice::iq2_xxs_point(group.index[p]));
        const std::uint32_t signs = lattice::even_signs(bits >> 7 * p & 0x7f);
        lattice::write_scaled(lattice::with_signs(magnitudes, signs), group_scale,
                              out + 32 * g + 8 * p);
      }
    }
  }
};
static_assert(Format<IQ2_XXS> && sizeof(IQ2_XXS::Block) == 66);

}  // namespace nybble::formats
