// IQ3_XXS: 256 points of 4 magnitudes, even signs, a 4-bit scale per 32 weights, 3.0625 bits per
// weight. Layout: docs/formats/iq3_xxs.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"
#include "formats/lattice_format.h"

namespace nybble::formats {

struct IQ3_XXS {
  static constexpr std::string_view name = "IQ3_XXS";
  static constexpr int gguf_type = 18, block_len = 256;
  static constexpr int group_len = 32, point_len = 4, n_points = 256;
  static constexpr bool even_signs = true;
  static constexpr float sub_unit = 0.25f;
  struct Block {
    Half scale;
    std::uint8_t index[64];
    std::uint8_t signs[8]
                      [4];  // a 32-bit number per 32 weights: 4 x 7 bits of signs, 4 bits of scale
  };

  static constexpr std::uint64_t magnitudes(std::uint32_t low, std::uint32_t high) {
    return lattice::iq3_xxs_magnitudes(lattice::iq3_xxs_point(low), lattice::iq3_xxs_point(high));
  }
  static constexpr float group_scale(const Block& block, int g) {
    const std::uint32_t bits = lattice::load_u32(block.signs[g]);
    return to_float(block.scale) * (0.5f + static_cast<float>(bits >> 28)) * 0.5f;
  }
  static constexpr void set_octet(Block& block, int o, std::uint32_t low, std::uint32_t high,
                                  std::uint32_t signs) {
    block.index[2 * o] = static_cast<std::uint8_t>(low);
    block.index[2 * o + 1] = static_cast<std::uint8_t>(high);
    lattice::set_bits(block.signs[o / 4], 7 * (o % 4), 7, signs);
  }
  static constexpr void set_scales(Block& block, Half scale, const std::uint8_t* sub) {
    block.scale = scale;
    for (int g = 0; g < 8; ++g) lattice::set_bits(block.signs[g], 28, 4, sub[g]);
  }

  static constexpr void decode(const Block& block, float* out) {
    const float scale = to_float(block.scale);
    for (int g = 0; g < 8; ++g) {
      const std::uint32_t bits = lattice::load_u32(block.signs[g]);
      const float group_scale = scale * (0.5f + static_cast<float>(bits >> 28)) * 0.5f;
      for (int p = 0; p < 4; ++p) {
        const std::uint8_t* index = block.index + 8 * g + 2 * p;
        const std::uint64_t magnitudes = lattice::iq3_xxs_magnitudes(
            lattice::iq3_xxs_point(index[0]), lattice::iq3_xxs_point(index[1]));
        const std::uint32_t signs = lattice::even_signs(bits >> 7 * p & 0x7f);
        lattice::write_scaled(lattice::with_signs(magnitudes, signs), group_scale,
                              out + 32 * g + 8 * p);
      }
    }
  }
  static Block encode(const float* x, const float* importance);
};
static_assert(LatticeFormat<IQ3_XXS> && Encodable<IQ3_XXS> && sizeof(IQ3_XXS::Block) == 98);

}  // namespace nybble::formats
