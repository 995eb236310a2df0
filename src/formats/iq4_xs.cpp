#include "formats/iq4_xs.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "formats/iq4_search.h"

namespace nybble::formats {
namespace {

struct BlockScales {
  Half block;
  int sub[8] = {};
  float error = std::numeric_limits<float>::infinity();
};

// For a given scale of the block, the sub-scales that add least to the errors of the fits.
BlockScales choose_sub_scales(const IQ4Search::Fits (&fits)[8], Half block_scale, float unit) {
  BlockScales scales{block_scale, {}, 0};
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
// either direction; the plain one makes it the largest that either sign has.
BlockScales choose_scales(const IQ4Search::Fits (&fits)[8], float unit, Scales how) {
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
  BlockScales best;
  const bool plain = how == Scales::plain;
  for (int sub = plain ? 31 : 24; sub <= (plain ? 31 : 32); ++sub) {
    for (const int sign : {-1, 1}) {
      const Half scale = finite_half(largest * unit / static_cast<float>(sign * sub));
      const BlockScales found = choose_sub_scales(fits, scale, unit);
      if (found.error < best.error) best = found;
    }
  }
  return best;
}

void write_sub_scale(IQ4_XS::Block& block, int group, int sub) {
  const int bits = sub + 32;
  block.scales_low[group / 2] |= static_cast<std::uint8_t>((bits & 15) << 4 * (group % 2));
  block.scales_high |= static_cast<std::uint16_t>((bits >> 4) << 2 * group);
}

}  // namespace

IQ4_XS::Block IQ4_XS::encode(const float* x, const float* importance, Scales how) {
  const ScaledValues<256> values(x, importance);
  Block block{finite_half(values.unit), 0, {}, {}};
  if (!(values.unit > 0)) return block;
  IQ4Search::Fits fits[8];
  for (int g = 0; g < 8; ++g) {
    fits[g] = IQ4Search::fits_of_group(values.x + 32 * g, values.weight + 32 * g, how,
                                       importance != nullptr);
  }
  const BlockScales scales = choose_scales(fits, values.unit, how);
  block.scale = scales.block;
  for (int g = 0; g < 8; ++g) {
    write_sub_scale(block, g, scales.sub[g]);
    write_split_nibbles<IQ4Search, 32>(values.x + 32 * g, group_scale(block, g) / values.unit,
                                       block.codes[g]);
  }
  return block;
}

}  // namespace nybble::formats
