// TQ2_0: ternary weights in two bits each, one fp16 scale per 256, 2.0625 bits per weight. Layout:
// docs/formats/tq2_0.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/bit_plane.h"
#include "formats/format.h"

namespace nybble::formats {

struct TQ2_0 {
  static constexpr std::string_view name = "TQ2_0";
  static constexpr int gguf_type = 35, block_len = 256, group_len = 256, zero = 1, n_codes = 3;
  struct Block {
    std::uint8_t codes[64];
    Half scale;
  };
  using Codes = BitPlane<2, 32, 256>;

  static constexpr int code(const Block& block, int i) { return Codes::code(block.codes, i); }
  static constexpr void unpack(const Block& block, std::uint8_t* codes) {
    Codes::unpack(block.codes, codes);
  }
  static constexpr GroupScales<1> groups(const Block& block) {
    return {.scale = to_float(block.scale), .sub_scale = {1}};
  }
  static constexpr void decode(const Block& block, float* out) { decode_affine<TQ2_0>(block, out); }
  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(AffineFormat<TQ2_0> && Encodable<TQ2_0> && sizeof(TQ2_0::Block) == 66);

}  // namespace nybble::formats
