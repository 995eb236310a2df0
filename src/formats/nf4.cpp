#include "formats/nf4.h"

#include "formats/level_search.h"

namespace nybble::formats {
namespace {

struct NF4Levels {
  static constexpr const float (&value)[16] = nf4_levels.value;
};
using Search = LevelSearch<NF4Levels>;

// The largest magnitude lands between 0.8 and 1.25; the outer levels are -1 and 1.
constexpr SearchSteps steps = {0.8f, 1.03f, 16};

}  // namespace

NF4::Block NF4::encode(const float* x, const float* importance, Scales scales) {
  const ScaledValues<64> values(x, importance);
  Block block{values.unit, {}};
  if (!(values.unit > 0)) {
    for (std::uint8_t& codes : block.codes) codes = 0x77;  // twice the code of 0
    return block;
  }
  if (scales == Scales::searched) {
    const ScaleFit fit = Search::search<64>(values.x, values.weight, 1, 1, steps);
    if (fit.error < Search::error<64>(values.x, values.weight, 1))
      block.scale = fit.scale * values.unit;
  }
  write_split_nibbles<Search, 64>(values.x, block.scale / values.unit, block.codes);
  return block;
}

NF4::Block NF4::encode_at(const float* x, float scale) {
  Block block{scale, {}};
  write_split_nibbles<Search, 64>(x, scale, block.codes);
  return block;
}

}  // namespace nybble::formats
