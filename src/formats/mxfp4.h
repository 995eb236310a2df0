// MXFP4: 32 FP4 (E2M1) codes and one power of two, 4.25 bits per weight. Layout:
// docs/formats/mxfp4.md
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "formats/bit_plane.h"
#include "formats/format.h"
#include "formats/table_codes.h"

namespace nybble::formats {

struct MXFP4 {
  static constexpr std::string_view name = "MXFP4";
  static constexpr int gguf_type = 39, block_len = 32, group_len = 32, n_codes = 16;
  static constexpr Table16 table = e2m1_doubled;
  struct Block {
    std::uint8_t exponent;  // E8M0
    std::uint8_t codes[16];
  };

  // 2^(exponent - 128): half the E8M0 value, since the table is doubled. 255, NaN in E8M0, is 2^127
  // as in ggml.
  static constexpr float half_scale(std::uint8_t exponent) {
    const std::uint32_t bits = exponent < 2 ? 0x00200000u << exponent  // 2^-128, 2^-127: subnormal
                                            : (std::uint32_t{exponent} - 1) << 23;
    return std::bit_cast<float>(bits);
  }

  static constexpr int code(const Block& block, int i) { return split_nibble<32>(block.codes, i); }
  static constexpr void unpack(const Block& block, std::uint8_t* codes) {
    BitPlane<4, 16, 32>::unpack(block.codes, codes);
  }
  static constexpr void set_codes(Block& block, const std::uint8_t* codes) {
    pack_split_nibbles<32>(codes, block.codes);
  }
  static constexpr float group_scale(const Block& block, int) { return half_scale(block.exponent); }
  static constexpr void decode(const Block& block, float* out) {
    decode_split_nibbles<MXFP4>(block.codes, half_scale(block.exponent), out);
  }

  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
};
static_assert(TableFormat<MXFP4> && Encodable<MXFP4> && sizeof(MXFP4::Block) == 17);

}  // namespace nybble::formats
