// Q5_1: 32 codes of 5 bits, one fp16 scale and one fp16 offset, 6 bits per weight. Layout:
// docs/formats/q5_1.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/bit_plane.h"
#include "formats/format.h"

namespace nybble::formats {

struct Q5_1 {
  static constexpr std::string_view name = "Q5_1";
  static constexpr int gguf_type = 7, block_len = 32, group_len = 32, zero = 0, n_codes = 32;
  struct Block {
    Half scale, offset;
    std::uint8_t high[4];  // the fifth bits
    std::uint8_t low[16];
  };
  using Low = BitPlane<4, 16, 32>;
  using High = BitPlane<1, 1, 32>;

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
  static constexpr GroupScales<1> groups(const Block& block) {
    return {.scale = to_float(block.scale),
            .offset = to_float(block.offset),
            .sub_scale = {1},
            .sub_offset = {1}};
  }
  static constexpr void decode(const Block& block, float* out) { decode_affine<Q5_1>(block, out); }
  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(AffineFormat<Q5_1> && Encodable<Q5_1> && sizeof(Q5_1::Block) == 24);

}  // namespace nybble::formats
