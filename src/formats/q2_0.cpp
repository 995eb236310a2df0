#include "formats/q2_0.h"

#include "formats/level_search.h"

namespace nybble::formats {
namespace {

struct Levels {
  static constexpr float value[4] = {-1, 0, 1, 2};
};
using Search = LevelSearch<Levels>;

}  // namespace

// The largest magnitude lands between 0.9 and 6, where 2 and -1 are the outer levels, for scales
// of both signs. The plain scale maps it to 1 or -1, since 2 has no counterpart.
Q2_0::Block Q2_0::encode(const float* x, const float* importance, Scales scales) {
  const ScaledValues<64> values(x, importance);
  Block block{finite_half(values.unit), {}};
  if (!(values.unit > 0)) return block;
  ScaleFit best{1};
  for (const float sign : {1.0f, -1.0f}) {
    if (scales == Scales::plain) break;
    const auto found = Search::search<64>(values.x, values.weight, 1, sign, {0.9f, 1.1f, 21});
    if (found.error < best.error) best = found;
  }
  block.scale = finite_half(best.scale * values.unit);
  const float scale = to_float(block.scale) / values.unit;
  std::uint8_t codes[64];
  for (int i = 0; i < 64; ++i) {
    codes[i] =
        static_cast<std::uint8_t>(Search::nearest_code(scale == 0 ? 0 : values.x[i] / scale));
  }
  Codes::pack(codes, block.codes);
  return block;
}

}  // namespace nybble::formats
