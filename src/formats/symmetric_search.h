// The search for blocks of groups without offset: integer codes and signed integer sub-scales of
// the groups, and the scale of the block, together.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "formats/format.h"
#include "formats/scale_search.h"
#include "formats/weighted_block.h"

namespace nybble::formats {

// value = scale * sub[g] * code, codes lo ... hi, sub-scales sub_lo ... -sub_lo - 1
template <int n_groups, int len, int lo, int hi, int sub_lo>
class SymmetricSearch {
 public:
  using Block = WeightedBlock<n_groups * len, len>;
  struct Result {
    float scale = 0;  // as it can be stored
    std::array<int, n_groups> sub{};
    float error = 0;

    Grid grid(std::size_t g) const { return {scale * static_cast<float>(sub[g]), 0}; }
  };

  // reaches: of the scales tried for each group; the others as run() takes them.
  static Result find(const Block& block, Scales scales, Reaches reaches, Reaches sub_reaches,
                     int n_starts) {
    if (scales == Scales::plain) return plain_rounding(block);
    return SymmetricSearch(block, reaches).run(sub_reaches, n_starts);
  }

 private:
  SymmetricSearch(const Block& block, Reaches reaches) : block_(block) {
    for (std::size_t g = 0; g < n_groups; ++g) fit_group(g, reaches);
  }

  // Tries block scales that send the largest group scale towards sub_lo, sub_reaches steps around
  // it; the n_starts that promise most are worked out.
  Result run(Reaches sub_reaches, int n_starts) const {
    Result best;
    best.error = INFINITY;
    for (const float start : promising(sub_reaches, n_starts)) {
      const Result result = improved(choose(start));
      if (result.error < best.error) best = result;
    }
    const Result plain = plain_rounding(block_);
    if (best.error <= plain.error) return best;
    return improved(plain);
  }

  static constexpr int max_rounds = 2;

  // What rounding without a search takes: the search never loses to it.
  static Result plain_rounding(const Block& block) {
    constexpr int max_sub = -sub_lo - 1;
    std::array<float, n_groups> scales;
    for (std::size_t g = 0; g < n_groups; ++g) {
      scales[g] = std::fabs(farthest_from_0(block.group(g).x, len)) / hi;
    }
    Result result;
    result.scale = block.stored.storable(farthest_from_0(scales.data(), n_groups) / max_sub);
    for (std::size_t g = 0; g < n_groups; ++g) {
      result.sub[g] = nearest_sub(scales[g] * inverse_or_0(result.scale));
      result.error += error_of<len, lo, hi>(block.group(g), result.grid(g));
    }
    return result;
  }

  // Block scale and codes in turn, as long as the error falls.
  Result improved(Result result) const {
    for (int round = 0; round < max_rounds; ++round) {
      const Result again = choose(refit(result));
      if (!(again.error < result.error)) break;
      result = again;
    }
    return result;
  }

  // Both ends of the codes are tried, so each group has a fit of either sign.
  void fit_group(std::size_t g, Reaches reaches) {
    const Weighted group = block_.group(g);
    const float extreme = farthest_from_0(group.x, len);
    Fit low = fit_scale<len, lo, hi>(group, extreme, lo, reaches);
    Fit high = fit_scale<len, lo, hi>(group, extreme, hi, reaches);
    if (high.rest.ee < low.rest.ee) std::swap(low, high);
    fits_[g] = {low, high};
  }

  static int nearest_sub(float sub) {
    return static_cast<int>(nearest_code<sub_lo, -sub_lo - 1>(sub, 1, 0));
  }

  float predicted_error(float scale) const {
    const float inverse = inverse_or_0(scale);
    float total = 0;
    for (const auto& [fit, other] : fits_) {
      const auto sub = static_cast<float>(nearest_sub(fit.grid.scale * inverse));
      total += fit.rest.error_after({scale * sub - fit.grid.scale, 0});
    }
    return total;
  }

  // The n block scales of least predicted error.
  std::vector<float> promising(Reaches reaches, int n) const {
    std::array<float, n_groups> scales;
    for (std::size_t g = 0; g < n_groups; ++g) scales[g] = fits_[g].first.grid.scale;
    const float largest = farthest_from_0(scales.data(), n_groups);
    std::vector<std::pair<float, float>> starts;  // error, scale
    for (int t = 0; t < reaches.tries; ++t) {
      const float scale =
          block_.stored.storable(largest / (static_cast<float>(sub_lo) - reaches[t]));
      starts.emplace_back(predicted_error(scale), scale);
    }
    std::partial_sort(starts.begin(), starts.begin() + n, starts.end());
    std::vector<float> best;
    for (int k = 0; k < n; ++k) best.push_back(starts[static_cast<std::size_t>(k)].second);
    return best;
  }

  Result choose(float scale) const {
    Result result;
    result.scale = scale;
    for (std::size_t g = 0; g < n_groups; ++g) {
      float best = INFINITY;
      for (const float wanted : {fits_[g].first.grid.scale, fits_[g].second.grid.scale}) {
        const int middle = nearest_sub(wanted * inverse_or_0(scale));
        for (int sub = middle - 1; sub <= middle + 1; ++sub) {
          if (sub < sub_lo || sub >= -sub_lo) continue;
          const float error =
              error_of<len, lo, hi>(block_.group(g), {scale * static_cast<float>(sub), 0});
          if (error < best) best = error, result.sub[g] = sub;
        }
      }
      result.error += best;
    }
    return result;
  }

  // The best block scale for the codes and sub-scales of a result.
  float refit(const Result& result) const {
    float across = 0, along = 0;
    for (std::size_t g = 0; g < n_groups; ++g) {
      const auto sub = static_cast<float>(result.sub[g]);
      const Residual rest = residual_of<len, lo, hi>(block_.group(g), result.grid(g));
      across += sub * rest.eq;
      along += sub * sub * rest.qq;
    }
    return block_.stored.storable(along > 0 ? result.scale + across / along : result.scale);
  }

  const Block& block_;
  std::array<std::pair<Fit, Fit>, n_groups> fits_;  // the better one first
};

}  // namespace nybble::formats
