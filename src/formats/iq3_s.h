// IQ3_S: 512 points of 4 magnitudes, free signs, a 4-bit scale per 32 weights, 3.4375 bits per
// weight. Layout: docs/formats/iq3_s.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"
#include "formats/lattice_format.h"

namespace nybble::formats {

struct IQ3_S {
  static constexpr std::string_view name = "IQ3_S";
  static constexpr int gguf_type = 21, block_len = 256;
  static constexpr int group_len = 32, point_len = 4, n_points = 512;
  static constexpr bool even_signs = false;
  static constexpr float sub_unit = 1;
  struct Block {
    Half scale;
    std::uint8_t low[64];  // low eight bits of a point's index
    std::uint8_t high[8];  // bit 8 of eight indices
    std::uint8_t signs[32];
    std::uint8_t scales[4];  // a nibble per 32 weights
  };

  static constexpr std::uint64_t magnitudes(std::uint32_t low, std::uint32_t high) {
    return lattice::iq3_s_magnitudes(lattice::iq3_s_point(low), lattice::iq3_s_point(high));
  }
  static constexpr float group_scale(const Block& block, int g) {
    const int sub = block.scales[g / 2] >> 4 * (g % 2) & 15;
    return to_float(block.scale) * static_cast<float>(1 + 2 * sub);
  }
  static constexpr void set_octet(Block& block, int o, std::uint32_t low, std::uint32_t high,
                                  std::uint32_t signs) {
    block.low[2 * o] = static_cast<std::uint8_t>(low);
    block.low[2 * o + 1] = static_cast<std::uint8_t>(high);
    lattice::set_bits(block.high + o / 4, 2 * (o % 4), 2, low >> 8 | (high >> 8) << 1);
    block.signs[o] = static_cast<std::uint8_t>(signs);
  }
  static constexpr void set_scales(Block& block, Half scale, const std::uint8_t* sub) {
    block.scale = scale;
    lattice::pack_nibbles(sub, 4, block.scales);
  }

  static constexpr void decode(const Block& block, float* out) {
    const float scale = to_float(block.scale);
    for (int g = 0; g < 8; ++g) {
      const int sub_scale = block.scales[g / 2] >> 4 * (g % 2) & 15;
      const float group_scale = scale * static_cast<float>(1 + 2 * sub_scale);
      for (int p = 0; p < 4; ++p) {
        const std::uint8_t* low = block.low + 8 * g + 2 * p;
        const std::uint32_t high = std::uint32_t{block.high[g]} >> 2 * p;
        const std::uint64_t magnitudes =
            lattice::iq3_s_magnitudes(lattice::iq3_s_point(low[0] | (high & 1) << 8),
                                      lattice::iq3_s_point(low[1] | (high >> 1 & 1) << 8));
        lattice::write_scaled(lattice::with_signs(magnitudes, block.signs[4 * g + p]), group_scale,
                              out + 32 * g + 8 * p);
      }
    }
  }
  static Block encode(const float* x, const float* importance);
};
static_assert(LatticeFormat<IQ3_S> && Encodable<IQ3_S> && sizeof(IQ3_S::Block) == 110);

}  // namespace nybble::formats
