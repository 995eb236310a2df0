// Q1_0: 128 signs and one fp16 scale, 1.125 bits per weight. Layout: docs/formats/q1_0.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/bit_plane.h"
#include "formats/format.h"

namespace nybble::formats {

struct Q1_0 {
  static constexpr std::string_view name = "Q1_0";
  static constexpr int gguf_type = 41, block_len = 128, group_len = 128, zero = 0, n_codes = 2;
  struct Block {
    Half scale;
    std::uint8_t codes[16];  // a bit per weight, the lowest first; 1 is +scale
  };
  using Codes = BitPlane<1, 1, 128>;

  static constexpr int code(const Block& block, int i) { return Codes::code(block.codes, i); }
  static constexpr void unpack(const Block& block, std::uint8_t* codes) {
    Codes::unpack(block.codes, codes);
  }
  // Two levels: 2 * scale * code - scale.
  static constexpr GroupScales<1> groups(const Block& block) {
    const float scale = to_float(block.scale);
    return {.scale = 2 * scale, .offset = -scale, .sub_scale = {1}, .sub_offset = {1}};
  }
  // Not by the formula, which would lose the sign of a zero scale.
  static constexpr void decode(const Block& block, float* out) {
    const float scale = to_float(block.scale);
    std::uint8_t codes[block_len] = {};
    unpack(block, codes);
    for (int i = 0; i < block_len; ++i) out[i] = codes[i] != 0 ? scale : -scale;
  }
  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(AffineFormat<Q1_0> && Encodable<Q1_0> && sizeof(Q1_0::Block) == 18);

}  // namespace nybble::formats
