// Q8_1: 32 signed bytes, a fp16 scale and their scaled sum, 9 bits per weight. Layout:
// docs/formats/q8_1.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"

namespace nybble::formats {

// ggml's format for activations; it has a GGUF number, so a file could hold it. Read only.
struct Q8_1 {
  static constexpr std::string_view name = "Q8_1";
  static constexpr int gguf_type = 9, block_len = 32, group_len = 32, zero = 0;
  struct Block {
    Half scale;
    Half sum;  // scale * sum of the codes; adds nothing to the values
    std::int8_t codes[32];
  };

  static constexpr int code(const Block& block, int i) { return block.codes[i]; }
  static constexpr GroupScales<1> groups(const Block& block) {
    return {.scale = to_float(block.scale), .sub_scale = {1}};
  }
  static constexpr void decode(const Block& block, float* out) {
    const float scale = to_float(block.scale);
    for (int i = 0; i < block_len; ++i) out[i] = scale * static_cast<float>(block.codes[i]);
  }
};
static_assert(AffineFormat<Q8_1> && sizeof(Q8_1::Block) == 36);

}  // namespace nybble::formats
