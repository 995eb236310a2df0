// IQ2_XXS: 256 points of 8 magnitudes, even signs, a 4-bit scale per 32 weights, 2.0625 bits per
// weight. Layout: docs/formats/iq2_xxs.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"
#include "formats/lattice_format.h"

namespace nybble::formats {

struct IQ2_XXS {
  static constexpr std::string_view name = "IQ2_XXS";
  static constexpr int gguf_type = 16, block_len = 256;
  static constexpr int group_len = 32, point_len = 8, n_points = 256;
  static constexpr bool even_signs = true;
  static constexpr float sub_unit = 0.125f;
  struct Group {
    std::uint8_t index[4];
    std::uint8_t signs[4];  // one 32-bit number: 4 x 7 bits of signs, 4 bits of scale
  };
  struct Block {
    Half scale;
    Group groups[8];
  };

  static constexpr std::uint64_t magnitudes(std::uint32_t point, std::uint32_t) {
    return lattice::iq2_magnitudes(lattice::iq2_xxs_point(point));
  }
  static constexpr float group_scale(const Block& block, int g) {
    const std::uint32_t bits = lattice::load_u32(block.groups[g].signs);
    return to_float(block.scale) * (0.5f + static_cast<float>(bits >> 28)) * 0.25f;
  }
  static constexpr void set_octet(Block& block, int o, std::uint32_t point, std::uint32_t,
                                  std::uint32_t signs) {
    Group& group = block.groups[o / 4];
    group.index[o % 4] = static_cast<std::uint8_t>(point);
    lattice::set_bits(group.signs, 7 * (o % 4), 7, signs);
  }
  static constexpr void set_scales(Block& block, Half scale, const std::uint8_t* sub) {
    block.scale = scale;
    for (int g = 0; g < 8; ++g) lattice::set_bits(block.groups[g].signs, 28, 4, sub[g]);
  }

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
  static Block encode(const float* x, const float* importance);
};
static_assert(LatticeFormat<IQ2_XXS> && Encodable<IQ2_XXS> && sizeof(IQ2_XXS::Block) == 66);

}  // namespace nybble::formats
