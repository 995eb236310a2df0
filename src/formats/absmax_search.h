// Encoding for the formats of absmax_format.h; included where a format's encoder is made.
#pragma once

#include "formats/absmax_format.h"
#include "formats/level_search.h"

namespace nybble::formats {

// Search: a LevelSearch over the levels. Codes: the code of the level nearest to a value.
template <class F, class Search, class Codes>
struct AbsmaxSearch {
  using Block = typename AbsmaxFormat<F>::Block;

  static Block encode(const float* x, const float* importance, Scales scales) {
    const ScaledValues<64> values(x, importance);
    if (!(values.unit > 0)) return encode_at(values.x, values.unit);  // codes of 0
    float scale = values.unit;
    if (scales == Scales::searched) {
      const ScaleFit fit = Search::template search<64>(values.x, values.weight, 1, 1, steps);
      if (fit.error < Search::template error<64>(values.x, values.weight, 1))
        scale = fit.scale * values.unit;
    }
    Block block{scale, {}};
    write_split_nibbles<Codes, 64>(values.x, scale / values.unit, block.codes);
    return block;
  }

  static Block encode_at(const float* x, float scale) {
    Block block{scale, {}};
    write_split_nibbles<Codes, 64>(x, scale, block.codes);
    return block;
  }

 private:
  // The largest magnitude lands between 0.8 and 1.25; the outer levels are -1 and 1.
  static constexpr SearchSteps steps = {0.8f, 1.03f, 16};
};

}  // namespace nybble::formats
