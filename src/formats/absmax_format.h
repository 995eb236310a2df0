// What the formats of bitsandbytes share: 64 codes of 4 bits for levels from -1 to 1 and a scale.
#pragma once

#include <cstdint>

#include "formats/format.h"
#include "formats/table_codes.h"

namespace nybble::formats {

// F: the format, which adds its name, its table and its encoder (absmax_search.h).
template <class F>
struct AbsmaxFormat {
  static constexpr int gguf_type = -1, block_len = 64, group_len = 64, n_codes = 16;
  // Files keep the scales ("absmax") apart, maybe quantized in turn; this is a decoded one.
  struct Block {
    float scale;
    std::uint8_t codes[32];  // as split_nibble has it; in files neighbours share a byte
  };

  static constexpr int code(const Block& block, int i) { return split_nibble<64>(block.codes, i); }
  static constexpr void set_codes(Block& block, const std::uint8_t* codes) {
    pack_split_nibbles<64>(codes, block.codes);
  }
  static constexpr float group_scale(const Block& block, int) { return block.scale; }
  static constexpr void decode(const Block& block, float* out) {
    decode_split_nibbles<F>(block.codes, block.scale, out);
  }
};

}  // namespace nybble::formats
