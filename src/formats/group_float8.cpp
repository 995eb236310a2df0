#include "formats/group_float8.h"

#include <cmath>

#include "formats/scale_search.h"

namespace nybble::formats {

template <int len>
auto GroupFloat8<len>::encode(const float* x, const float*, Scales) -> Block {
  return encode_at(x, std::fabs(farthest_from_0(x, len)) / 448);
}

template <int len>
auto GroupFloat8<len>::encode_at(const float* x, float scale) -> Block {
  Block block{scale, {}};
  for (int i = 0; i < len && scale != 0; ++i) block.codes[i] = to_float8_e4m3(x[i] / scale);
  return block;
}

template struct GroupFloat8<32>;
template struct GroupFloat8<128>;

}  // namespace nybble::formats
