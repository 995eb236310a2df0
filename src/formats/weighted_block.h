// A block made ready for the search: values and weights scaled by powers of two, so that any finite
// input is safe.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/half.h"
#include "formats/scale_search.h"

namespace nybble::formats {

// Scales of blocks are stored as halves of value * unit.
struct StoredUnit {
  float unit = 1;
  bool in_bf16 = false;  // only halves that are bfloat16 as well

  // Beyond the largest half the nearest one is stored, never infinity.
  Half store(float value) const {
    const float largest = in_bf16 ? 65280 : 65504;
    const float nearest = std::clamp(value * unit, -largest, largest);
    return to_half(in_bf16 ? to_float(to_bf16(nearest)) : nearest);
  }
  float load(Half stored) const { return to_float(stored) / unit; }
  float storable(float value) const { return load(store(value)); }
};

// Without importance, rms of the group + |x| weighs the squared errors. llama.cpp takes the same
// for Q4_K and Q5_K, |x| for Q2_K and x^2 for Q3_K and Q6_K. In the same search these were worse:
// KLD of tale-6m 0.340 with |x|, 0.304 with this for Q2_K; 0.098 with x^2, 0.083 with this for
// Q3_K.
template <int n, int group_len>
struct WeightedBlock {
  float x[n];       // the largest magnitude is in [1, 2), or all are 0
  float weight[n];  // the largest is about 1; none is 0, so values of no importance stay near, too
  StoredUnit stored;

  WeightedBlock(const float* values, const float* importance) {
    float largest = 0;
    for (int i = 0; i < n; ++i) largest = std::max(largest, std::fabs(values[i]));
    if (largest > 0) stored.unit = std::ldexp(1.0f, std::ilogb(largest));
    for (int i = 0; i < n; ++i) x[i] = values[i] / stored.unit;
    for (int g = 0; g < n; g += group_len) weigh(g, importance);
    scale_weights();
  }

  Weighted group(std::size_t g) const { return {x + g * group_len, weight + g * group_len}; }

  // The nearest codes lo ... hi on grid(g) of each group, stored from 0.
  template <int lo, int hi, class GridOfGroup>
  void round_to_codes(const GridOfGroup& grid, std::uint8_t* codes) const {
    for (std::size_t g = 0; g < n / group_len; ++g) {
      formats::round_to_codes<group_len, lo, hi>(group(g).x, grid(g), codes + g * group_len);
    }
  }

 private:
  void weigh(int first, const float* importance) {
    float squares = 0;
    for (int i = first; i < first + group_len; ++i) squares += x[i] * x[i];
    const float rms = std::sqrt(squares / group_len);
    for (int i = first; i < first + group_len; ++i) {
      weight[i] = importance != nullptr ? importance[i] : rms + std::fabs(x[i]);
    }
  }

  void scale_weights() {
    const float largest = *std::max_element(weight, weight + n);
    const float unit = largest > 0 ? std::ldexp(1.0f, std::ilogb(largest)) : 1;
    for (float& w : weight) w = w / unit + 1e-6f;
  }
};

}  // namespace nybble::formats
