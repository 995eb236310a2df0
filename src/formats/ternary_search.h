// The scale of ternary codes {-1, 0, 1} * scale with the least weighted squared error, for TQ1_0
// and TQ2_0.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "base/half.h"
#include "formats/format.h"
#include "formats/level_search.h"

namespace nybble::formats {

struct TernaryCodes {
  Half scale;
  std::uint8_t codes[256] = {};  // 0, 1, 2 for -1, 0, 1
};

// Exact: whatever the scale, the best codes are +-1 for the largest magnitudes and 0 for the rest,
// so only 256 splits have to be tried. With the best scale for the k largest, sum(w |x|) / sum(w),
// the error is sum(w x^2) - sum(w |x|)^2 / sum(w).
inline float best_ternary_scale(const ScaledValues<256>& values) {
  int order[256];
  std::iota(order, order + 256, 0);
  std::sort(order, order + 256, [&](int a, int b) {
    const float first = std::fabs(values.x[a]), second = std::fabs(values.x[b]);
    return first != second ? first > second : a < b;
  });
  double weights = 0, sum = 0, most = 0, scale = 0;
  for (const int i : order) {
    weights += values.weight[i];
    sum += double{values.weight[i]} * std::fabs(values.x[i]);
    if (sum * sum > most * weights) {
      most = sum * sum / weights;
      scale = sum / weights;
    }
  }
  return static_cast<float>(scale);
}

// x [256]; importance [256] or nullptr. The plain scale is the largest magnitude.
inline TernaryCodes encode_ternary(const float* x, const float* importance, Scales scales) {
  const ScaledValues<256> values(x, importance);
  TernaryCodes result{finite_half(values.unit)};
  if (values.unit > 0 && scales == Scales::searched) {
    result.scale = finite_half(best_ternary_scale(values) * values.unit);
  }
  const float half_step = to_float(result.scale) / 2;
  for (int i = 0; i < 256; ++i) {
    const bool is_zero = half_step == 0 || !(std::fabs(x[i]) > half_step);
    result.codes[i] = is_zero ? 1 : x[i] < 0 ? 0 : 2;
  }
  return result;
}

}  // namespace nybble::formats
