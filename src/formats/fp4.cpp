#include "formats/fp4.h"

#include "formats/absmax_search.h"

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

}  // namespace

FP4::Block FP4::encode(const float* x, const float* importance, Scales scales) {
  return AbsmaxSearch<FP4, Search, Codes>::encode(x, importance, scales);
}

FP4::Block FP4::encode_at(const float* x, float scale) {
  return AbsmaxSearch<FP4, Search, Codes>::encode_at(x, scale);
}

}  // namespace nybble::formats
