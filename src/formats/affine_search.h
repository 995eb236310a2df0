// The search for blocks of groups with offsets: integer codes, integer sub-scales and sub-offsets
// of the groups, and the scale and offset of the block, together.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "formats/format.h"
#include "formats/scale_search.h"
#include "formats/weighted_block.h"

namespace nybble::formats {

// value = scale * sub_scale[g] * code - offset * sub_offset[g], codes 0 ... max_code, sub-scales
// and -offsets 0 ... max_sub
template <int n_groups, int len, int max_code, int max_sub>
class AffineSearch {
 public:
  using Block = WeightedBlock<n_groups * len, len>;
  struct Result {
    float scale = 0, offset = 0;  // as they can be stored
    std::array<std::uint8_t, n_groups> sub_scale{}, sub_offset{};
    float error = 0;

    Grid grid(std::size_t g) const { return {scale * sub_scale[g], -offset * sub_offset[g]}; }
  };

  // reaches and sub_reaches: as the constructor and run() take them.
  static Result find(const Block& block, Scales scales, Reaches reaches, Reaches sub_reaches) {
    if (scales == Scales::plain) return plain_rounding(block);
    return AffineSearch(block, reaches).run(sub_reaches);
  }

 private:
  // reaches: of the grids tried for each group.
  AffineSearch(const Block& block, Reaches reaches) : block_(block) {
    for (std::size_t g = 0; g < n_groups; ++g) {
      const Grid covering = covering_grid<len, max_code>(block_.group(g), 0);
      fits_[g] = fit_grid<len, max_code>(block_.group(g), covering, 0, reaches);
    }
  }

  // Block scales and offsets are tried that send the largest of the groups' towards max_sub,
  // sub_reaches steps around it.
  Result run(Reaches sub_reaches) const {
    const Grid largest = largest_grid(fits_, [](const Fit& fit) { return fit.grid; });
    const float scale = most_promising(largest.scale, sub_reaches,
                                       [&](float s) { return error_with_free_offsets(s); });
    const float offset = most_promising(-largest.offset, sub_reaches,
                                        [&](float o) { return predicted_error(scale, o); });
    const Result found = improved(choose(scale, offset));
    const Result plain = plain_rounding(block_);
    if (found.error <= plain.error) return found;
    return improved(plain);
  }

  static constexpr int max_rounds = 2;

  static float nearest_sub(float sub) { return nearest_code<0, max_sub>(sub, 1, 0); }

  // The largest scale and the lowest offset of a list.
  template <class List, class GridOf>
  static Grid largest_grid(const List& list, GridOf grid_of) {
    Grid largest;
    for (const auto& item : list) {
      largest.scale = std::max(largest.scale, grid_of(item).scale);
      largest.offset = std::min(largest.offset, grid_of(item).offset);
    }
    return largest;
  }

  // What rounding without a search takes: the search never loses to it.
  static Result plain_rounding(const Block& block) {
    std::array<Grid, n_groups> covering;
    for (std::size_t g = 0; g < n_groups; ++g) {
      covering[g] = covering_grid<len, max_code>(block.group(g), 0);
    }
    const Grid largest = largest_grid(covering, [](Grid grid) { return grid; });
    Result result;
    result.scale = block.stored.storable(largest.scale / max_sub);
    result.offset = block.stored.storable(-largest.offset / max_sub);
    for (std::size_t g = 0; g < n_groups; ++g) {
      const float scale = nearest_sub(covering[g].scale * inverse_or_0(result.scale));
      const float offset = nearest_sub(-covering[g].offset * inverse_or_0(result.offset));
      result.sub_scale[g] = static_cast<std::uint8_t>(scale);
      result.sub_offset[g] = static_cast<std::uint8_t>(offset);
      result.error += error_of<len, 0, max_code>(block.group(g), result.grid(g));
    }
    return result;
  }

  // Block scales and codes in turn, as long as the error falls.
  Result improved(Result result) const {
    for (int round = 0; round < max_rounds; ++round) {
      const Grid better = refit(result);
      const Result again = choose(better.scale, better.offset);
      if (!(again.error < result.error)) break;
      result = again;
    }
    return result;
  }

  template <class Error>
  float most_promising(float largest, Reaches reaches, Error error_of_scale) const {
    float best = 0, least = INFINITY;
    for (int t = 0; t < reaches.tries; ++t) {
      const float scale = block_.stored.storable(largest / (max_sub + reaches[t]));
      const float error = error_of_scale(scale);
      if (error < least) least = error, best = scale;
    }
    return best;
  }

  // The offset <= 0 that suits a group best when its scale moves, its codes kept.
  static float best_offset(const Fit& fit, float scale_step) {
    return std::min(fit.grid.offset + fit.rest.best_offset_step(scale_step), 0.0f);
  }

  // The predictions keep the codes of the fits: cheap enough to try many block scales.
  float error_with_free_offsets(float scale) const {
    const float inverse = inverse_or_0(scale);
    float total = 0;
    for (const Fit& fit : fits_) {
      const float step = scale * nearest_sub(fit.grid.scale * inverse) - fit.grid.scale;
      total += fit.rest.error_after({step, best_offset(fit, step) - fit.grid.offset});
    }
    return total;
  }

  float predicted_error(float scale, float offset) const {
    const float inverse = inverse_or_0(scale), inverse_offset = inverse_or_0(offset);
    float total = 0;
    for (const Fit& fit : fits_) {
      const float step = scale * nearest_sub(fit.grid.scale * inverse) - fit.grid.scale;
      const float sub_offset = nearest_sub(-best_offset(fit, step) * inverse_offset);
      total += fit.rest.error_after({step, -offset * sub_offset - fit.grid.offset});
    }
    return total;
  }

  Result choose(float scale, float offset) const {
    Result result;
    result.scale = scale;
    result.offset = offset;
    for (std::size_t g = 0; g < n_groups; ++g) choose_group(g, result);
    return result;
  }

  // The nearest sub-scale and its neighbours, each with the offset that suits its own codes.
  void choose_group(std::size_t g, Result& result) const {
    const Weighted group = block_.group(g);
    const Fit& fit = fits_[g];
    const float middle = nearest_sub(fit.grid.scale * inverse_or_0(result.scale));
    float best = INFINITY;
    for (float sub = std::max(middle - 1, 0.0f); sub <= std::min<float>(middle + 1, max_sub);
         ++sub) {
      const float scale = result.scale * sub;
      float offset = best_offset(fit, scale - fit.grid.scale);
      offset += residual_of<len, 0, max_code>(group, {scale, offset}).best_offset_step(0);
      const float sub_offset = nearest_sub(-offset * inverse_or_0(result.offset));
      const float error = error_of<len, 0, max_code>(group, {scale, -result.offset * sub_offset});
      if (error < best) {
        best = error;
        result.sub_scale[g] = static_cast<std::uint8_t>(sub);
        result.sub_offset[g] = static_cast<std::uint8_t>(sub_offset);
      }
    }
    result.error += best;
  }

  // The best block scale and offset for the codes, sub-scales and sub-offsets of a result.
  Grid refit(const Result& result) const {
    Residual sums;
    for (std::size_t g = 0; g < n_groups; ++g) {
      const Residual rest = residual_of<len, 0, max_code>(block_.group(g), result.grid(g));
      const float scale = result.sub_scale[g], offset = -static_cast<float>(result.sub_offset[g]);
      sums.eq += scale * rest.eq;
      sums.e += offset * rest.e;
      sums.qq += scale * scale * rest.qq;
      sums.q += scale * offset * rest.q;
      sums.one += offset * offset * rest.one;
    }
    const Grid step = sums.best_step();
    return {block_.stored.storable(result.scale + step.scale),
            block_.stored.storable(result.offset + step.offset)};
  }

  const Block& block_;
  std::array<Fit, n_groups> fits_;
};

}  // namespace nybble::formats
