// Q8_K: 256 signed bytes, a float scale and sums per 16, 9.125 bits per weight. Layout:
// docs/formats/q8_k.md
#pragma once

#include <cstdint>
#include <string_view>

#include "formats/format.h"

namespace nybble::formats {

// ggml's format for activations; it has a GGUF number, so a file could hold it. Read only.
struct Q8_K {
  static constexpr std::string_view name = "Q8_K";
  static constexpr int gguf_type = 15, block_len = 256, group_len = 256, zero = 0;
  struct Block {
    float scale;
    std::int8_t codes[256];
    std::int16_t sums[16];  // of 16 codes each; adds nothing to the values
  };

  static constexpr int code(const Block& block, int i) { return block.codes[i]; }
  static constexpr GroupScales<1> groups(const Block& block) {
    return {.scale = block.scale, .sub_scale = {1}};
  }
  static constexpr void decode(const Block& block, float* out) {
    for (int i = 0; i < block_len; ++i) out[i] = block.scale * static_cast<float>(block.codes[i]);
  }
};
static_assert(AffineFormat<Q8_K> && sizeof(Q8_K::Block) == 292);

}  // namespace nybble::formats
