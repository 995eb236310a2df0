// Encoding groups of FP4 (E2M1): the error that a scale leaves and the codes for it.
#pragma once

#include <cmath>
#include <cstdint>

#include "formats/level_search.h"
#include "formats/table_codes.h"

namespace nybble::formats {

struct E2M1Magnitudes {
  static constexpr const float (&value)[8] = e2m1_magnitudes;
};

// half_scale is the scale of the doubled table and not 0. NaN gets the code of 0, since FP4 has
// none for it.
template <int len>
struct E2M1Search {
  using Magnitudes = LevelSearch<E2M1Magnitudes>;

  // Sum of squared errors, weighted with importance [len] unless that is nullptr. Divides instead
  // of multiplying with the inverse, which would be infinite for the smallest scales of MXFP4.
  static float error(const float* x, const float* importance, float half_scale) {
    float sum = 0;
    for (int i = 0; i < len; ++i) {
      const float magnitude = std::fabs(x[i]);
      const float rest = magnitude - half_scale * Magnitudes::nearest(magnitude / half_scale);
      sum += (importance == nullptr ? 1 : importance[i]) * rest * rest;
    }
    return sum;
  }

  // In the layout of split_nibble.
  static void write_codes(const float* x, float half_scale, std::uint8_t* codes) {
    for (int i = 0; i < len / 2; ++i) {
      codes[i] =
          static_cast<std::uint8_t>(code(x[i], half_scale) | code(x[i + len / 2], half_scale) << 4);
    }
  }

 private:
  static int code(float x, float half_scale) {
    const int magnitude = Magnitudes::nearest_code(std::fabs(x) / half_scale);
    return magnitude != 0 && x < 0 ? magnitude | 8 : magnitude;
  }
};

}  // namespace nybble::formats
