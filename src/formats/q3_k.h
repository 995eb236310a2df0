// Q3_K: 256 codes of 3 bits around 4 in groups of 16 with a signed 6-bit scale each, 3.4375 bits
// per weight. Layout: docs/formats/q3_k.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/bit_plane.h"
#include "formats/format.h"

namespace nybble::formats {

struct Q3_K {
  static constexpr std::string_view name = "Q3_K";
  static constexpr int gguf_type = 11, block_len = 256, group_len = 16, zero = 4, n_codes = 8;
  struct Block {
    std::uint8_t high[32];  // the third bits
    std::uint8_t low[64];
    std::uint8_t sub[12];  // sub-scales + 32: 8 bytes of low nibbles, 4 bytes of high bits
    Half scale;
  };
  using Low = BitPlane<2, 32, 256>;
  using High = BitPlane<1, 32, 256>;
  using SubLow = BitPlane<4, 8, 16>;
  using SubHigh = BitPlane<2, 4, 16>;

  static constexpr int code(const Block& block, int i) {
    return Low::code(block.low, i) | High::code(block.high, i) << 2;
  }
  static constexpr void unpack(const Block& block, std::uint8_t* codes) {
    Low::unpack(block.low, codes);
    High::unpack<2>(block.high, codes);
  }
  static constexpr void set_codes(Block& block, const std::uint8_t* codes) {
    Low::pack(codes, block.low);
    High::pack<2>(codes, block.high);
  }
  static constexpr GroupScales<16> groups(const Block& block) {
    std::uint8_t sub[16] = {};
    SubLow::unpack(block.sub, sub);
    SubHigh::unpack<4>(block.sub + 8, sub);
    GroupScales<16> groups{.scale = to_float(block.scale)};
    for (int g = 0; g < 16; ++g) groups.sub_scale[g] = static_cast<float>(sub[g] - 32);
    return groups;
  }
  static constexpr void decode(const Block& block, float* out) { decode_affine<Q3_K>(block, out); }
  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(AffineFormat<Q3_K> && Encodable<Q3_K> && sizeof(Q3_K::Block) == 110);

}  // namespace nybble::formats
