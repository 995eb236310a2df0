// NVFP4: 4 groups of 16 FP4 (E2M1) codes with an FP8 (E4M3) scale each, 4.5 bits per weight.
// Layout: docs/formats/nvfp4.md
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "formats/bit_plane.h"
#include "formats/format.h"
#include "formats/table_codes.h"

namespace nybble::formats {

// The scale of a whole tensor is a tensor of its own ("<name>.scale") and no part of the block.
struct NVFP4 {
  static constexpr std::string_view name = "NVFP4";
  static constexpr int gguf_type = 40, block_len = 64, group_len = 16, n_codes = 16;
  static constexpr Table16 table = e2m1_doubled;
  struct Block {
    std::uint8_t scales[4];  // E4M3 without its sign
    std::uint8_t codes[4][8];
  };

  // Half the E4M3 value, since the table is doubled. The sign bit is ignored and NaN (0x7f) counts
  // as zero, as in ggml.
  static constexpr float half_scale(std::uint8_t e4m3) {
    const std::uint32_t exponent = e4m3 >> 3 & 15, mantissa = e4m3 & 7;
    if (e4m3 == 0x7f) return 0;
    if (exponent == 0) return static_cast<float>(mantissa) * 0x1p-10f;
    return std::bit_cast<float>((exponent - 8 + 127) << 23 | mantissa << 20);
  }

  static constexpr int code(const Block& block, int i) {
    return split_nibble<16>(block.codes[i / 16], i % 16);
  }
  static constexpr void unpack(const Block& block, std::uint8_t* codes) {
    BitPlane<4, 8, 64>::unpack(block.codes[0], codes);
  }
  static constexpr void set_codes(Block& block, const std::uint8_t* codes) {
    for (int g = 0; g < 4; ++g) pack_split_nibbles<16>(codes + 16 * g, block.codes[g]);
  }
  static constexpr float group_scale(const Block& block, int group) {
    return half_scale(block.scales[group]);
  }
  static constexpr void decode(const Block& block, float* out) {
    for (int g = 0; g < 4; ++g) {
      decode_split_nibbles<NVFP4>(block.codes[g], half_scale(block.scales[g]), out + 16 * g);
    }
  }

  // Takes the values as already divided by the tensor's own scale, if it has one.
  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(TableFormat<NVFP4> && Encodable<NVFP4> && sizeof(NVFP4::Block) == 36);

}  // namespace nybble::formats
