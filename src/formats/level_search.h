// The search that the encoders of uneven levels share: the scale of a group of values that makes
// the weighted squared error of rounding scale * level small.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>

#include "base/half.h"

namespace nybble::formats {

// A block made ready for a search: values divided by their largest magnitude and weights by theirs,
// so that no sum overflows.
template <int n>
struct ScaledValues {
  float unit =
      0;  // x[i] * unit is the value that came in; 0: all are zero, NaN: some are not finite
  float x[n] = {};
  float weight[n] = {};

  // Without importance the weights are the mean square plus the square of each value. Squares
  // alone, as in llama.cpp, neglect small values; this mean of both costs large ones little
  // (docs/formats/iq4_nl.md has numbers).
  ScaledValues(const float* values, const float* importance) {
    float largest = 0, excess = 0;
    for (int i = 0; i < n; ++i) {
      largest = std::max(largest, std::fabs(values[i]));
      excess += values[i] - values[i];  // not 0 for infinities and NaN
    }
    unit = excess == 0 ? largest : std::numeric_limits<float>::quiet_NaN();
    if (!(unit > 0)) return;
    float square = 0;
    for (int i = 0; i < n; ++i) {
      x[i] = values[i] / unit;
      square += x[i] * x[i] / n;
    }
    float most_important = 0;
    for (int i = 0; importance != nullptr && i < n; ++i) {
      most_important = std::max(most_important, importance[i]);
    }
    for (int i = 0; i < n; ++i) {
      const float own = square + x[i] * x[i];
      // A floor, so that values without importance still get a sensible code.
      weight[i] = most_important > 0 ? importance[i] / most_important + 1e-6f * own : own;
    }
  }
};

// The nearest fp16 that is finite: a scale too large for fp16 is better clipped than infinite. NaN
// stays NaN.
inline Half finite_half(float scale) {
  constexpr float largest = 65504;
  return to_half(scale > largest ? largest : scale < -largest ? -largest : scale);
}

// What the codes nearest to x * inverse leave when their scale is then chosen best.
struct ScaleFit {
  float scale = 0;
  float error = std::numeric_limits<float>::infinity();
  float curvature =
      0;  // another scale with the same codes adds curvature * (difference of scales)^2
};

// Tries of a search: the largest magnitude is mapped to first, first * ratio, first * ratio^2 ...
struct SearchSteps {
  float first, ratio;
  int n;
};

// Levels: a type with `value`, an ascending array of small integers as floats.
template <class Levels>
struct LevelSearch {
  static constexpr int n_levels = static_cast<int>(std::size(Levels::value));
  static constexpr int n_lanes = 8;  // of the sums: one order, whatever the vectors of the machine

  template <std::size_t k>
  static constexpr float middle = (Levels::value[k] + Levels::value[k + 1]) / 2;

  // Comparisons instead of a look-up, since compilers vectorize them.
  static float nearest(float x) {
    return [x]<std::size_t... k>(std::index_sequence<k...>) {
      float level = Levels::value[0];
      ((level += x > middle<k> ? Levels::value[k + 1] - Levels::value[k] : 0.0f), ...);
      return level;
    }
    (std::make_index_sequence<n_levels - 1>{});
  }

  static int nearest_code(float x) {
    return [x]<std::size_t... k>(std::index_sequence<k...>) {
      return (int{x > middle<k>} + ...);
    }
    (std::make_index_sequence<n_levels - 1>{});
  }

  template <int len>
  static ScaleFit fit(const float* x, const float* weight, float inverse) {
    static_assert(len % n_lanes == 0);
    float xx[n_lanes] = {}, qx[n_lanes] = {}, qq[n_lanes] = {};
    for (int first = 0; first < len; first += n_lanes) {
      for (int lane = 0; lane < n_lanes; ++lane) {
        const float value = x[first + lane], level = nearest(value * inverse);
        const float weighted = weight[first + lane] * value;
        const float weighted_level = weight[first + lane] * level;
        xx[lane] += weighted * value;
        qx[lane] += weighted * level;
        qq[lane] += weighted_level * level;
      }
    }
    const float cross = add(qx), curvature = add(qq);
    if (!(curvature > 0)) return {0, add(xx), 0};
    return {cross / curvature, add(xx) - cross / curvature * cross, curvature};
  }

  // The best fit with scales of one sign; `largest` is the largest magnitude of the group, not 0.
  template <int len>
  static ScaleFit search(const float* x, const float* weight, float largest, float sign,
                         SearchSteps steps) {
    ScaleFit best;
    float target = sign * steps.first / largest;
    for (int i = 0; i < steps.n; ++i, target *= steps.ratio) {
      const ScaleFit found = fit<len>(x, weight, target);
      if (found.error < best.error) best = found;
    }
    for (int i = 0; i < 2 && best.scale != 0;
         ++i) {  // codes for the scale, the scale for the codes
      const ScaleFit found = fit<len>(x, weight, 1 / best.scale);
      if (found.error < best.error) best = found;
    }
    return best;
  }

  // Weighted squared error of the codes nearest for this very scale.
  template <int len>
  static float error(const float* x, const float* weight, float scale) {
    const float inverse = scale == 0 ? 0 : 1 / scale;
    float sum[n_lanes] = {};
    for (int first = 0; first < len; first += n_lanes) {
      for (int lane = 0; lane < n_lanes; ++lane) {
        const float value = x[first + lane];
        const float rest = value - scale * nearest(value * inverse);
        sum[lane] += weight[first + lane] * rest * rest;
      }
    }
    return add(sum);
  }

 private:
  static float add(const float (&v)[n_lanes]) {
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
  }
};

// The code of each value of a group for a scale, in the layout of split_nibble.
template <class Search, int len>
void write_split_nibbles(const float* x, float scale, std::uint8_t* codes) {
  const float inverse = scale == 0 ? 0 : 1 / scale;
  for (int i = 0; i < len / 2; ++i) {
    const int low = Search::nearest_code(x[i] * inverse);
    const int high = Search::nearest_code(x[i + len / 2] * inverse);
    codes[i] = static_cast<std::uint8_t>(low | high << 4);
  }
}

}  // namespace nybble::formats
