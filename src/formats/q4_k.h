// Q4_K: 256 codes of 4 bits in groups of 32 with a 6-bit scale and a 6-bit offset each, 4.5 bits
// per weight. Layout: docs/formats/q4_k.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/bit_plane.h"
#include "formats/format.h"
#include "formats/sub_scales_k.h"

namespace nybble::formats {

struct Q4_K {
  static constexpr std::string_view name = "Q4_K";
  static constexpr int gguf_type = 12, block_len = 256, group_len = 32, zero = 0, n_codes = 16;
  struct Block {
    Half scale, offset;  // the offset is subtracted
    std::uint8_t sub[12];
    std::uint8_t codes[128];
  };
  using Codes = BitPlane<4, 32, 256>;

  static constexpr int code(const Block& block, int i) { return Codes::code(block.codes, i); }
  static constexpr void unpack(const Block& block, std::uint8_t* codes) {
    Codes::unpack(block.codes, codes);
  }
  static constexpr void set_codes(Block& block, const std::uint8_t* codes) {
    Codes::pack(codes, block.codes);
  }
  static constexpr GroupScales<8> groups(const Block& block) {
    return SubScalesK::unpack(block.sub).groups(block.scale, block.offset);
  }
  static constexpr void decode(const Block& block, float* out) { decode_affine<Q4_K>(block, out); }
  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(AffineFormat<Q4_K> && Encodable<Q4_K> && sizeof(Q4_K::Block) == 144);

}  // namespace nybble::formats
