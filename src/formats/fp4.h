// FP4: 64 codes for floats of 4 bits and a scale, the older format of bitsandbytes. Its floats are
// not those of MXFP4 and NVFP4. Layout: docs/formats/fp4.md
#pragma once

#include <string_view>

#include "formats/absmax_format.h"

namespace nybble::formats {

// Sign, then codes of 0, 1/16, 8, 12, 4, 6, 2, 3, over 12; both zeros are +0. Source: bitsandbytes
// (MIT), get_4bit_type. Do not change: stored in files.
inline constexpr Table16 fp4_levels = {{0.0f, 0.0625f / 12, 8.0f / 12, 1.0f, 4.0f / 12, 0.5f,
                                        2.0f / 12, 0.25f, 0.0f, -0.0625f / 12, -8.0f / 12, -1.0f,
                                        -4.0f / 12, -0.5f, -2.0f / 12, -0.25f}};

struct FP4 : AbsmaxFormat<FP4> {
  static constexpr std::string_view name = "FP4";
  static constexpr Table16 table = fp4_levels;

  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
  // The nearest codes for a scale, any float.
  static Block encode_at(const float* x, float scale);
};
static_assert(TableFormat<FP4> && Encodable<FP4> && sizeof(FP4::Block) == 36);

}  // namespace nybble::formats
