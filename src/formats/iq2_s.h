// IQ2_S: 1024 points of 8 magnitudes, free signs, a 4-bit scale per 16 weights, 2.5625 bits per
// weight. Layout: docs/formats/iq2_s.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"
#include "formats/lattice_format.h"

namespace nybble::formats {

struct IQ2_S {
  static constexpr std::string_view name = "IQ2_S";
  static constexpr int gguf_type = 22, block_len = 256;
  static constexpr int group_len = 16, point_len = 8, n_points = 1024;
  static constexpr bool even_signs = false;
  static constexpr float sub_unit = 0.125f;
  struct Block {
    Half scale;
    std::uint8_t low[32];  // low eight bits of a point's index
    std::uint8_t signs[32];
    std::uint8_t high[8];    // 4 x 2 high bits
    std::uint8_t scales[8];  // a nibble per 16 weights
  };

  static constexpr std::uint64_t magnitudes(std::uint32_t point, std::uint32_t) {
    return lattice::iq2_magnitudes(lattice::iq2_s_point(point));
  }
  static constexpr float group_scale(const Block& block, int g) {
    const int sub = block.scales[g / 2] >> 4 * (g % 2) & 15;
    return to_float(block.scale) * (0.5f + static_cast<float>(sub)) * 0.25f;
  }
  static constexpr void set_octet(Block& block, int o, std::uint32_t point, std::uint32_t,
                                  std::uint32_t signs) {
    block.low[o] = static_cast<std::uint8_t>(point);
    block.signs[o] = static_cast<std::uint8_t>(signs);
    lattice::set_bits(block.high + o / 4, 2 * (o % 4), 2, point >> 8);
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
        const std::uint32_t high = std::uint32_t{block.high[p / 4]} >> 2 * (p % 4) & 3;
        const std::uint32_t point = lattice::iq2_s_point(block.low[p] | high << 8);
        lattice::write_scaled(lattice::with_signs(lattice::iq2_magnitudes(point), block.signs[p]),
                              group_scale, out + 8 * p);
      }
    }
  }
  static Block encode(const float* x, const float* importance);
};
static_assert(LatticeFormat<IQ2_S> && Encodable<IQ2_S> && sizeof(IQ2_S::Block) == 82);

}  // namespace nybble::formats
