// Q2_0: 64 codes of two bits for -1, 0, 1, 2 and one fp16 scale, 2.25 bits per weight. Layout:
// docs/formats/q2_0.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/bit_plane.h"
#include "formats/format.h"

namespace nybble::formats {

struct Q2_0 {
  static constexpr std::string_view name = "Q2_0";
  static constexpr int gguf_type = 42, block_len = 64, group_len = 64, zero = 1, n_codes = 4;
  struct Block {
    Half scale;
    std::uint8_t codes[16];  // four neighbours to a byte
  };
  using Codes = BitPlane<2, 1, 64>;

  static constexpr int code(const Block& block, int i) { return Codes::code(block.codes, i); }
  static constexpr void unpack(const Block& block, std::uint8_t* codes) {
    Codes::unpack(block.codes, codes);
  }
  static constexpr GroupScales<1> groups(const Block& block) {
    return {.scale = to_float(block.scale), .sub_scale = {1}};
  }
  static constexpr void decode(const Block& block, float* out) { decode_affine<Q2_0>(block, out); }
  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(AffineFormat<Q2_0> && Encodable<Q2_0> && sizeof(Q2_0::Block) == 18);

}  // namespace nybble::formats
