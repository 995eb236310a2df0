// Q4_0: 32 codes of 4 bits around 8 and one fp16 scale, 4.5 bits per weight. Layout:
// docs/formats/q4_0.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/bit_plane.h"
#include "formats/format.h"

namespace nybble::formats {

struct Q4_0 {
  static constexpr std::string_view name = "Q4_0";
  static constexpr int gguf_type = 2, block_len = 32, group_len = 32, zero = 8, n_codes = 16;
  struct Block {
    Half scale;
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
    return {.scale = to_float(block.scale), .sub_scale = {1}};
  }
  static constexpr void decode(const Block& block, float* out) { decode_affine<Q4_0>(block, out); }
  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(AffineFormat<Q4_0> && Encodable<Q4_0> && sizeof(Q4_0::Block) == 18);

}  // namespace nybble::formats
