// IQ4_XS: the levels of IQ4_NL with a 6-bit scale per 32 weights in blocks of 256, 4.25 bits per
// weight. Layout: docs/formats/iq4_xs.md
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"
#include "formats/iq4_nl.h"
#include "formats/level_search.h"
#include "formats/table_codes.h"

namespace nybble::formats {

struct IQ4_XS {
  static constexpr std::string_view name = "IQ4_XS";
  static constexpr int gguf_type = 23, block_len = 256, group_len = 32;
  static constexpr Table16 table = iq4_levels;
  struct Block {
    Half scale;
    std::uint16_t scales_high;   // two bits per group
    std::uint8_t scales_low[4];  // a nibble per group
    std::uint8_t codes[8][16];
  };

  static constexpr int code(const Block& block, int i) {
    return split_nibble<32>(block.codes[i / 32], i % 32);
  }
  // -32 ... 31
  static constexpr int sub_scale(const Block& block, int group) {
    const int low = block.scales_low[group / 2] >> 4 * (group % 2) & 15;
    const int high = block.scales_high >> 2 * group & 3;
    return (low | high << 4) - 32;
  }
  static constexpr float group_scale(const Block& block, int group) {
    return to_float(block.scale) * static_cast<float>(sub_scale(block, group));
  }
  static constexpr void decode(const Block& block, float* out) {
    for (int g = 0; g < 8; ++g) {
      decode_split_nibbles<IQ4_XS>(block.codes[g], group_scale(block, g), out + 32 * g);
    }
  }

  static Block encode(const float* x, const float* importance) {
    const ScaledValues<256> values(x, importance);
    Block block{finite_half(values.unit), 0, {}, {}};
    if (!(values.unit > 0)) return block;
    IQ4Search::Fits fits[8];
    for (int g = 0; g < 8; ++g) {
      fits[g] =
          IQ4Search::search_group(values.x + 32 * g, values.weight + 32 * g, importance != nullptr);
    }
    const Scales scales = choose_scales(fits, values.unit);
    block.scale = scales.block;
    for (int g = 0; g < 8; ++g) {
      write_sub_scale(block, g, scales.sub[g]);
      write_split_nibbles<IQ4Search, 32>(values.x + 32 * g, group_scale(block, g) / values.unit,
                                         block.codes[g]);
    }
    return block;
  }

 private:
  struct Scales {
    Half block;
    int sub[8] = {};
    float error = std::numeric_limits<float>::infinity();
  };

  // For a given scale of the block, the sub-scales that add least to the errors of the fits.
  static Scales choose_sub_scales(const IQ4Search::Fits (&fits)[8], Half block_scale, float unit) {
    Scales scales{block_scale, {}, 0};
    const float step = to_float(block_scale) / unit;
    const float inverse = step == 0 ? 0 : 1 / step;
    for (int g = 0; g < 8; ++g) {
      float least = std::numeric_limits<float>::infinity();
      for (const ScaleFit& fit : fits[g].of_sign) {
        const float sub = std::clamp(std::round(fit.scale * inverse), -32.0f, 31.0f);
        const float off = fit.scale - sub * step;
        const float error = fit.error + fit.curvature * off * off;
        if (error < least) {
          least = error;
          scales.sub[g] = static_cast<int>(sub);
        }
      }
      scales.error += least;
    }
    return scales;
  }

  // Tries the block's scales that make the largest group scale an integer of the upper quarter, in
  // either direction.
  static Scales choose_scales(const IQ4Search::Fits (&fits)[8], float unit) {
    // The magnitude has a variable of its own: clang 19.1.7 drops the fabs of "if (fabs(x) >
    // fabs(largest)) largest = x" when it unrolls the loop.
    float largest = 0, magnitude = 0;
    for (const IQ4Search::Fits& fit : fits) {
      const float scale = fit.best().scale;
      if (std::fabs(scale) > magnitude) {
        magnitude = std::fabs(scale);
        largest = scale;
      }
    }
    Scales best;
    for (int sub = 24; sub <= 32; ++sub) {
      for (const int sign : {-1, 1}) {
        const Half scale = finite_half(largest * unit / static_cast<float>(sign * sub));
        const Scales found = choose_sub_scales(fits, scale, unit);
        if (found.error < best.error) best = found;
      }
    }
    return best;
  }

  static void write_sub_scale(Block& block, int group, int sub) {
    const int bits = sub + 32;
    block.scales_low[group / 2] |= static_cast<std::uint8_t>((bits & 15) << 4 * (group % 2));
    block.scales_high |= static_cast<std::uint16_t>((bits >> 4) << 2 * group);
  }
};
static_assert(TableFormat<IQ4_XS> && Encodable<IQ4_XS> && sizeof(IQ4_XS::Block) == 136);

}  // namespace nybble::formats
