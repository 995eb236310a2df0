#include "formats/nf4.h"

#include "formats/absmax_search.h"

namespace nybble::formats {
namespace {

struct NF4Levels {
  static constexpr const float (&value)[16] = nf4_levels.value;
};
using Search = LevelSearch<NF4Levels>;

}  // namespace

NF4::Block NF4::encode(const float* x, const float* importance, Scales scales) {
  return AbsmaxSearch<NF4, Search, Search>::encode(x, importance, scales);
}

NF4::Block NF4::encode_at(const float* x, float scale) {
  return AbsmaxSearch<NF4, Search, Search>::encode_at(x, scale);
}

}  // namespace nybble::formats
