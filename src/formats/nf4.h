// NF4: 64 codes for the quantiles of a normal distribution and a scale, the format of bitsandbytes.
// Layout: docs/formats/nf4.md
#pragma once

#include <string_view>

#include "formats/absmax_format.h"

namespace nybble::formats {

// Source: bitsandbytes (MIT), create_normal_map; Dettmers et al., QLoRA (arXiv 2305.14314),
// appendix E. Do not change: stored in files.
inline constexpr Table16 nf4_levels = {
    {-1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f,
     -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0.0f,
     0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
     0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f}};

struct NF4 : AbsmaxFormat<NF4> {
  static constexpr std::string_view name = "NF4";
  static constexpr Table16 table = nf4_levels;

  static Block encode(const float* x, const float* importance, Scales scales = Scales::searched);
  // The nearest codes for a scale, any float.
  static Block encode_at(const float* x, float scale);
};
static_assert(TableFormat<NF4> && Encodable<NF4> && sizeof(NF4::Block) == 36);

}  // namespace nybble::formats
