// The search for blocks that are one group: the scale, or scale and offset, as they can be stored.
#pragma once

#include <cmath>

#include "formats/format.h"
#include "formats/scale_search.h"
#include "formats/weighted_block.h"

namespace nybble::formats {

// value = scale * code, codes lo ... hi
template <int n, int lo, int hi>
float search_scale(const WeightedBlock<n, n>& block, Scales scales, Reaches reaches) {
  const Weighted group = block.group(0);
  const float extreme = farthest_from_0(group.x, n);
  float best = 0, least = INFINITY;
  const auto keep_better = [&](float scale) {
    const float stored = block.stored.storable(scale);
    const float error = error_of<n, lo, hi>(group, {stored, 0});
    if (error < least) least = error, best = stored;
  };
  keep_better(extreme / lo);  // the plain choice, so the search never loses to it
  if (scales == Scales::plain) return best;
  keep_better(fit_scale<n, lo, hi>(group, extreme, lo, reaches).grid.scale);
  keep_better(fit_scale<n, lo, hi>(group, extreme, hi, reaches).grid.scale);
  return best;
}

// value = scale * code + offset, codes 0 ... max_code
template <int n, int max_code>
Grid search_grid(const WeightedBlock<n, n>& block, Scales scales, Reaches reaches) {
  const Weighted group = block.group(0);
  Grid best;
  float least = INFINITY;
  const auto keep_better = [&](Grid grid) {
    const Grid stored{block.stored.storable(grid.scale), block.stored.storable(grid.offset)};
    const float error = error_of<n, 0, max_code>(group, stored);
    if (error < least) least = error, best = stored;
  };
  const Grid covering = covering_grid<n, max_code>(group, INFINITY);
  keep_better(covering);  // the plain choice
  if (scales == Scales::plain) return best;
  keep_better(fit_grid<n, max_code>(group, covering, INFINITY, reaches).grid);
  return best;
}

}  // namespace nybble::formats
