// Q6_K: 256 codes of 6 bits around 32 in groups of 16 with a signed 8-bit scale each, 6.5625 bits
// per weight. Layout: docs/formats/q6_k.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/bit_plane.h"
#include "formats/format.h"

namespace nybble::formats {

struct Q6_K {
  static constexpr std::string_view name = "Q6_K";
  static constexpr int gguf_type = 14, block_len = 256, group_len = 16, zero = 32, n_codes = 64;
  struct Block {
    std::uint8_t low[128];
    std::uint8_t high[64];  // the fifth and sixth bits
    std::int8_t sub[16];
    Half scale;
  };
  using Low = BitPlane<4, 64, 256>;
  using High = BitPlane<2, 32, 256>;

  static constexpr int code(const Block& block, int i) {
    return Low::code(block.low, i) | High::code(block.high, i) << 4;
  }
  static constexpr void unpack(const Block& block, std::uint8_t* codes) {
    Low::unpack(block.low, codes);
    High::unpack<4>(block.high, codes);
  }
  static constexpr void set_codes(Block& block, const std::uint8_t* codes) {
    Low::pack(codes, block.low);
    High::pack<4>(codes, block.high);
  }
  static constexpr GroupScales<16> groups(const Block& block) {
    GroupScales<16> groups{.scale = to_float(block.scale)};
    for (int g = 0; g < 16; ++g) groups.sub_scale[g] = static_cast<float>(block.sub[g]);
    return groups;
  }
  static constexpr void decode(const Block& block, float* out) { decode_affine<Q6_K>(block, out); }
  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(AffineFormat<Q6_K> && Encodable<Q6_K> && sizeof(Q6_K::Block) == 210);

}  // namespace nybble::formats
