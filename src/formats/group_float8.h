// F8-Gn: a group of n FP8 (E4M3) values and a scale: what FP8 checkpoints keep, whose scales
// belong to a tensor, a row or a square of 128 by 128. Layout: docs/formats/group_float8.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/float8.h"
#include "formats/format.h"

namespace nybble::formats {

// value = scale * code
template <int len>
struct GroupFloat8 {
  static_assert(len == 32 || len == 128);
  static constexpr std::string_view name = len == 128 ? "F8-G128" : "F8-G32";
  static constexpr int gguf_type = -1, block_len = len;
  struct Block {
    float scale;
    Float8E4M3 codes[len];
  };

  static constexpr void decode(const Block& block, float* out) {
    for (int i = 0; i < len; ++i) out[i] = block.scale * to_float(block.codes[i]);
  }
  // The largest magnitude becomes 448, the largest of E4M3: with a search for another scale nothing
  // is gained, since the steps grow with the values.
  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
  // The nearest codes for a scale, any float.
  static Block encode_at(const float* x, float scale);
};
static_assert(Encodable<GroupFloat8<128>> && sizeof(GroupFloat8<128>::Block) == 132);

}  // namespace nybble::formats
