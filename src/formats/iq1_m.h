// IQ1_M: the points of IQ1_S with a shift per 8 and a scale per 16 weights, 1.75 bits per weight.
// Layout: docs/formats/iq1_m.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"
#include "formats/lattice.h"

namespace nybble::formats {

struct IQ1_M {
  static constexpr std::string_view name = "IQ1_M";
  static constexpr int gguf_type = 29, block_len = 256;
  struct Block {
    std::uint8_t low[32];    // low eight bits of a point's index
    std::uint8_t high[16];   // a nibble per point: three high bits, direction of the shift
    std::uint8_t scales[8];  // four 16-bit numbers: 4 x 3 bits of scale, and a quarter of the fp16
                             // scale on top
  };

  static constexpr float block_scale(const Block& block) {
    std::uint32_t bits = 0;
    for (int i = 0; i < 4; ++i) bits |= std::uint32_t{block.scales[2 * i + 1]} >> 4 << 4 * i;
    return to_float(Half{static_cast<std::uint16_t>(bits)});
  }

  static constexpr void decode(const Block& block, float* out) {
    const float scale = block_scale(block);
    for (int g = 0; g < 16; ++g) {
      const std::uint32_t sub_scale =
          lattice::load_u16(block.scales + g / 4 * 2) >> 3 * (g % 4) & 7;
      const float group_scale = scale * static_cast<float>(2 * sub_scale + 1);
      for (int p = 0; p < 2; ++p) {
        const std::uint32_t bits = std::uint32_t{block.high[g]} >> 4 * p;
        const std::uint32_t index = block.low[2 * g + p] | (bits & 7) << 8;
        lattice::write_iq1(lattice::iq1_point(index), group_scale, bits & 8, out + 16 * g + 8 * p);
      }
    }
  }
};
static_assert(Format<IQ1_M> && sizeof(IQ1_M::Block) == 56);

}  // namespace nybble::formats
