#include "formats/group_int.h"

#include <algorithm>
#include <cmath>

#include "formats/single_search.h"

namespace nybble::formats {
namespace {

// A grid of codes 0 ... max_code around an integer zero point.
struct ZeroPointGrid {
  float scale = 0;
  int zero_point = 0;

  Grid grid() const { return {scale, -scale * static_cast<float>(zero_point)}; }
};

// Scale and zero point together, as they can be stored. The plain choice covers the values and 0.
template <int len, int max_code>
class ZeroPointSearch {
 public:
  explicit ZeroPointSearch(const WeightedBlock<len, len>& block) : block_(block) {}

  ZeroPointGrid find(Scales scales) {
    const auto [least, most] = std::minmax_element(block_.x, block_.x + len);
    const float low = std::min(*least, 0.0f), high = std::max(*most, 0.0f);
    keep_better(covering(low, high));
    if (scales == Scales::plain) return best_;
    constexpr int center = (max_code + 1) / 2;
    keep_better({farthest_from_0(block_.x, len) / -center, center});
    for (float share = 1.0f; share > 0.55f; share -= 0.05f)
      improve(covering(share * low, share * high));
    for (const float share : {0.7f, 0.85f}) {
      improve(covering(share * low, high));
      improve(covering(low, share * high));
    }
    return best_;
  }

 private:
  static ZeroPointGrid covering(float low, float high) {
    const float scale = (high - low) / max_code;
    return {scale, static_cast<int>(nearest_code<0, max_code>(-low * inverse_or_0(scale), 1, 0))};
  }

  // The best scale for the nearest codes of a grid and its neighbours in zero point, twice.
  void improve(ZeroPointGrid start) {
    for (int zero_point = start.zero_point - 1; zero_point <= start.zero_point + 1; ++zero_point) {
      if (zero_point < 0 || zero_point > max_code) continue;
      ZeroPointGrid grid{start.scale, zero_point};
      for (int round = 0; round < 2; ++round) grid.scale = best_scale(grid);
      keep_better(grid);
    }
  }

  float best_scale(ZeroPointGrid grid) const {
    const Weighted group = block_.group(0);
    const float inverse = inverse_or_0(grid.scale);
    float along = 0, across = 0;
    for (int i = 0; i < len; ++i) {
      const float level = nearest_code<0, max_code>(group.x[i], inverse, grid.grid().offset) -
                          static_cast<float>(grid.zero_point);
      across += group.weight[i] * group.x[i] * level;
      along += group.weight[i] * level * level;
    }
    return along > 0 ? across / along : grid.scale;
  }

  void keep_better(ZeroPointGrid grid) {
    grid.scale = block_.stored.storable(grid.scale);
    const float error = error_of<len, 0, max_code>(block_.group(0), grid.grid());
    if (error < least_) least_ = error, best_ = grid;
  }

  const WeightedBlock<len, len>& block_;
  ZeroPointGrid best_;
  float least_ = INFINITY;
};

}  // namespace

template <int bits_, int len, bool has_zero_point>
auto GroupInt<bits_, len, has_zero_point>::encode(const float* x, const float* importance,
                                                  Scales scales) -> Block {
  Block result{};
  WeightedBlock<len, len> block(x, importance);
  block.stored.in_bf16 = true;
  std::uint8_t codes[len];
  if constexpr (has_zero_point) {
    const ZeroPointGrid found = ZeroPointSearch<len, n_codes - 1>(block).find(scales);
    round_to_codes<len, 0, n_codes - 1>(block.x, found.grid(), codes);
    result.scale = to_float(block.stored.store(found.scale));
    result.zero_point = found.zero_point;
  } else {
    const float scale = search_scale<len, -zero, zero - 1>(block, scales, {-1, 2, 16});
    round_to_codes<len, -zero, zero - 1>(block.x, {scale, 0}, codes);
    result.scale = to_float(block.stored.store(scale));
  }
  set_codes(result, codes);
  return result;
}

template <int bits_, int len, bool has_zero_point>
auto GroupInt<bits_, len, has_zero_point>::encode_at(const float* x, float scale) -> Block
    requires(!has_zero_point) {
  Block result{scale, {}};
  std::uint8_t codes[len];
  round_to_codes<len, -zero, zero - 1>(x, {scale, 0}, codes);
  set_codes(result, codes);
  return result;
}

template struct GroupInt<2, 32, false>;
template struct GroupInt<2, 64, false>;
template struct GroupInt<2, 128, false>;
template struct GroupInt<3, 32, false>;
template struct GroupInt<3, 64, false>;
template struct GroupInt<3, 128, false>;
template struct GroupInt<4, 32, false>;
template struct GroupInt<4, 64, false>;
template struct GroupInt<4, 128, false>;
template struct GroupInt<8, 32, false>;
template struct GroupInt<8, 64, false>;
template struct GroupInt<8, 128, false>;
template struct GroupInt<2, 32, true>;
template struct GroupInt<2, 64, true>;
template struct GroupInt<2, 128, true>;
template struct GroupInt<3, 32, true>;
template struct GroupInt<3, 64, true>;
template struct GroupInt<3, 128, true>;
template struct GroupInt<4, 32, true>;
template struct GroupInt<4, 64, true>;
template struct GroupInt<4, 128, true>;
template struct GroupInt<8, 32, true>;
template struct GroupInt<8, 64, true>;
template struct GroupInt<8, 128, true>;

}  // namespace nybble::formats
