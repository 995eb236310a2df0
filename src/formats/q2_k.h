// Q2_K: 256 codes of 2 bits in groups of 16 with a 4-bit scale and a 4-bit offset each, 2.625 bits
// per weight. Layout: docs/formats/q2_k.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/bit_plane.h"
#include "formats/format.h"

namespace nybble::formats {

struct Q2_K {
  static constexpr std::string_view name = "Q2_K";
  static constexpr int gguf_type = 10, block_len = 256, group_len = 16, zero = 0, n_codes = 4;
  struct Block {
    std::uint8_t sub[16];  // low nibble: scale of the group, high nibble: offset
    std::uint8_t codes[64];
    Half scale, offset;  // the offset is subtracted
  };
  using Codes = BitPlane<2, 32, 256>;

  static constexpr int code(const Block& block, int i) { return Codes::code(block.codes, i); }
  static constexpr void unpack(const Block& block, std::uint8_t* codes) {
    Codes::unpack(block.codes, codes);
  }
  static constexpr void set_codes(Block& block, const std::uint8_t* codes) {
    Codes::pack(codes, block.codes);
  }
  static constexpr GroupScales<16> groups(const Block& block) {
    GroupScales<16> groups{.scale = to_float(block.scale), .offset = -to_float(block.offset)};
    for (int g = 0; g < 16; ++g) {
      groups.sub_scale[g] = static_cast<float>(block.sub[g] & 15);
      groups.sub_offset[g] = static_cast<float>(block.sub[g] >> 4);
    }
    return groups;
  }
  static constexpr void decode(const Block& block, float* out) { decode_affine<Q2_K>(block, out); }
  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(AffineFormat<Q2_K> && Encodable<Q2_K> && sizeof(Q2_K::Block) == 84);

}  // namespace nybble::formats
