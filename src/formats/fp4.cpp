#include "formats/fp4.h"

#include "formats/level_search.h"

namespace nybble::formats {
namespace {

// The codes by ascending level, without that of the second 0.
constexpr int ascending[15] = {11, 10, 13, 12, 15, 14, 9, 0, 1, 6, 7, 4, 5, 2, 3};

struct Levels {
  float value[15] = {};
};
constexpr Levels sorted_levels = [] {
  Levels levels;
  for (int i = 0; i < 15; ++i) levels.value[i] = fp4_levels[ascending[i]];
  return levels;
}();

struct AscendingLevels {
  static constexpr const float (&value)[15] = sorted_levels.value;
};
using Search = LevelSearch<AscendingLevels>;

// As write_split_nibbles asks for codes.
struct Codes {
  static int nearest_code(float x) { return ascending[Search::nearest_code(x)]; }
};

// The largest magnitude lands between 0.8 and 1.25; the outer levels are -1 and 1.
constexpr SearchSteps steps = {0.8f, 1.03f, 16};

}  // namespace

FP4::Block FP4::encode(const float* x, const float* importance, Scales scales) {
  const ScaledValues<64> values(x, importance);
  Block block{values.unit, {}};
  if (!(values.unit > 0)) return block;  // codes of 0
  if (scales == Scales::searched) {
    const ScaleFit fit = Search::search<64>(values.x, values.weight, 1, 1, steps);
    if (fit.error < Search::error<64>(values.x, values.weight, 1))
      block.scale = fit.scale * values.unit;
  }
  write_split_nibbles<Codes, 64>(values.x, block.scale / values.unit, block.codes);
  return block;
}

FP4::Block FP4::encode_at(const float* x, float scale) {
  Block block{scale, {}};
  write_split_nibbles<Codes, 64>(x, scale, block.codes);
  return block;
}

}  // namespace nybble::formats
