// IQ2_XS: 512 points of 8 magnitudes, even signs, a 4-bit scale per 16 weights, 2.3125 bits per
// weight. Layout: docs/formats/iq2_xs.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"
#include "formats/lattice_format.h"

namespace nybble::formats {

struct IQ2_XS {
  static constexpr std::string_view name = "IQ2_XS";
  static constexpr int gguf_type = 17, block_len = 256;
  static constexpr int group_len = 16, point_len = 8, n_points = 512;
  static constexpr bool even_signs = true;
  static constexpr float sub_unit = 0.125f;
  struct Block {
    Half scale;
    std::uint16_t points[32];  // 9 bits of index, 7 bits of signs
    std::uint8_t scales[8];    // a nibble per 16 weights
  };

  static constexpr std::uint64_t magnitudes(std::uint32_t point, std::uint32_t) {
    return lattice::iq2_magnitudes(lattice::iq2_xs_point(point));
  }
  static constexpr float group_scale(const Block& block, int g) {
    const int sub = block.scales[g / 2] >> 4 * (g % 2) & 15;
    return to_float(block.scale) * (0.5f + static_cast<float>(sub)) * 0.25f;
  }
  static constexpr void set_octet(Block& block, int o, std::uint32_t point, std::uint32_t,
                                  std::uint32_t signs) {
    block.points[o] = static_cast<std::uint16_t>(point | (signs & 127) << 9);
  }
  static constexpr void set_scales(Block& block, Half scale, const std::uint8_t* sub) {
    block.scale = scale;
    lattice::pack_nibbles(sub, 8, block.scales);
  }

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
  static Block encode(const float* x, const float* importance);
};
static_assert(LatticeFormat<IQ2_XS> && Encodable<IQ2_XS> && sizeof(IQ2_XS::Block) == 74);

}  // namespace nybble::formats
