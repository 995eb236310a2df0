// IQ4_NL: 32 4-bit codes for uneven levels and one fp16 scale, 4.5 bits per weight. Layout:
// docs/formats/iq4_nl.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/bit_plane.h"
#include "formats/format.h"
#include "formats/table_codes.h"

namespace nybble::formats {

struct IQ4_NL {
  static constexpr std::string_view name = "IQ4_NL";
  static constexpr int gguf_type = 20, block_len = 32, group_len = 32, n_codes = 16;
  static constexpr Table16 table = iq4_levels;
  struct Block {
    Half scale;
    std::uint8_t codes[16];
  };

  static constexpr int code(const Block& block, int i) { return split_nibble<32>(block.codes, i); }
  static constexpr void unpack(const Block& block, std::uint8_t* codes) {
    BitPlane<4, 16, 32>::unpack(block.codes, codes);
  }
  static constexpr void set_codes(Block& block, const std::uint8_t* codes) {
    pack_split_nibbles<32>(codes, block.codes);
  }
  static constexpr float group_scale(const Block& block, int) { return to_float(block.scale); }
  static constexpr void decode(const Block& block, float* out) {
    decode_split_nibbles<IQ4_NL>(block.codes, to_float(block.scale), out);
  }

  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(TableFormat<IQ4_NL> && Encodable<IQ4_NL> && sizeof(IQ4_NL::Block) == 18);

}  // namespace nybble::formats
