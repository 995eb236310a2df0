// Q8_0: 32 signed bytes and one fp16 scale, 8.5 bits per weight. Layout: docs/formats/q8_0.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"

namespace nybble::formats {

struct Q8_0 {
  static constexpr std::string_view name = "Q8_0";
  static constexpr int gguf_type = 8, block_len = 32, group_len = 32, zero = 0;
  struct Block {
    Half scale;
    std::int8_t codes[32];
  };

  static constexpr int code(const Block& block, int i) { return block.codes[i]; }
  static constexpr GroupScales<1> groups(const Block& block) {
    return {.scale = to_float(block.scale), .sub_scale = {1}};
  }
  static constexpr void decode(const Block& block, float* out) { decode_affine<Q8_0>(block, out); }

  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(AffineFormat<Q8_0> && Encodable<Q8_0> && sizeof(Q8_0::Block) == 34);

}  // namespace nybble::formats
