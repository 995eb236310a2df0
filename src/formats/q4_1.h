// Q4_1: 32 codes of 4 bits, one fp16 scale and one fp16 offset, 5 bits per weight. Layout:
// docs/formats/q4_1.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/bit_plane.h"
#include "formats/format.h"

namespace nybble::formats {

struct Q4_1 {
  static constexpr std::string_view name = "Q4_1";
  static constexpr int gguf_type = 3, block_len = 32, group_len = 32, zero = 0, n_codes = 16;
  struct Block {
    Half scale, offset;
    std::uint8_t codes[16];
  };
  using Codes = BitPlane<4, 16, 32>;

  static constexpr int code(const Block& block, int i) { return Codes::code(block.codes, i); }
  static constexpr void unpack(const Block& block, std::uint8_t* codes) {
    Codes::unpack(block.codes, codes);
  }
  static constexpr void set_codes(Block& block, const std::uint8_t* codes) {
    Codes::pack(codes, block.codes);
  }
  static constexpr GroupScales<1> groups(const Block& block) {
    return {.scale = to_float(block.scale),
            .offset = to_float(block.offset),
            .sub_scale = {1},
            .sub_offset = {1}};
  }
  static constexpr void decode(const Block& block, float* out) { decode_affine<Q4_1>(block, out); }
  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(AffineFormat<Q4_1> && Encodable<Q4_1> && sizeof(Q4_1::Block) == 20);

}  // namespace nybble::formats
