// Q5_K: 256 codes of 5 bits in groups of 32 with a 6-bit scale and a 6-bit offset each, 5.5 bits
// per weight. Layout: docs/formats/q5_k.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/bit_plane.h"
#include "formats/format.h"
#include "formats/sub_scales_k.h"

namespace nybble::formats {

struct Q5_K {
  static constexpr std::string_view name = "Q5_K";
  static constexpr int gguf_type = 13, block_len = 256, group_len = 32, zero = 0, n_codes = 32;
  struct Block {
    Half scale, offset;  // the offset is subtracted
    std::uint8_t sub[12];
    std::uint8_t high[32];  // the fifth bits
    std::uint8_t low[128];
  };
  using Low = BitPlane<4, 32, 256>;
  using High = BitPlane<1, 32, 256>;

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
  static constexpr GroupScales<8> groups(const Block& block) {
    return SubScalesK::unpack(block.sub).groups(block.scale, block.offset);
  }
  static constexpr void decode(const Block& block, float* out) { decode_affine<Q5_K>(block, out); }
  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(AffineFormat<Q5_K> && Encodable<Q5_K> && sizeof(Q5_K::Block) == 176);

}  // namespace nybble::formats
