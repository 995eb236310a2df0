// IQ4_XS: the levels of IQ4_NL with a 6-bit scale per 32 weights in blocks of 256, 4.25 bits per
// weight. Layout: docs/formats/iq4_xs.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/bit_plane.h"
#include "formats/format.h"
#include "formats/table_codes.h"

namespace nybble::formats {

struct IQ4_XS {
  static constexpr std::string_view name = "IQ4_XS";
  static constexpr int gguf_type = 23, block_len = 256, group_len = 32, n_codes = 16;
  static constexpr Table16 table = iq4_levels;
  struct Block {
    Half scale;
    std::uint16_t scales_high;   // two bits per group
    std::uint8_t scales_low[4];  // a nibble per group
    std::uint8_t codes[8][16];
  };

  static constexpr int code(const Block& block, int i) {
    return split_nibble<32>(block.codes[i / 32], i % 32);
  }
  static constexpr void unpack(const Block& block, std::uint8_t* codes) {
    for (int g = 0; g < 8; ++g) BitPlane<4, 16, 32>::unpack(block.codes[g], codes + 32 * g);
  }
  // -32 ... 31
  static constexpr int sub_scale(const Block& block, int group) {
    const int low = block.scales_low[group / 2] >> 4 * (group % 2) & 15;
    const int high = block.scales_high >> 2 * group & 3;
    return (low | high << 4) - 32;
  }
  static constexpr void set_codes(Block& block, const std::uint8_t* codes) {
    for (int g = 0; g < 8; ++g) pack_split_nibbles<32>(codes + 32 * g, block.codes[g]);
  }
  static constexpr float group_scale(const Block& block, int group) {
    return to_float(block.scale) * static_cast<float>(sub_scale(block, group));
  }
  static constexpr void decode(const Block& block, float* out) {
    for (int g = 0; g < 8; ++g) {
      decode_split_nibbles<IQ4_XS>(block.codes[g], group_scale(block, g), out + 32 * g);
    }
  }

  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(TableFormat<IQ4_XS> && Encodable<IQ4_XS> && sizeof(IQ4_XS::Block) == 136);

}  // namespace nybble::formats
