// Finds the scale of 32 weights on the levels of IQ4_NL and IQ4_XS.
#pragma once

#include <cmath>

#include "formats/format.h"
#include "formats/level_search.h"
#include "formats/scale_search.h"
#include "formats/table_codes.h"

namespace nybble::formats {

struct IQ4Levels {
  static constexpr const float (&value)[16] = iq4_levels.value;
};

// Finds scales on the levels of IQ4_NL and IQ4_XS.
struct IQ4Search : LevelSearch<IQ4Levels> {
  // The largest magnitude lands between 92 and 160 (the outer levels are -127 and 113): further out
  // is never better with the format's own weights, but can be when importance says to give up the
  // largest value.
  static constexpr SearchSteps own_steps = {92, 1.04f, 15}, importance_steps = {92, 1.04f, 30};
  // The best fits with a negative and a positive scale: the levels are not symmetric.
  struct Fits {
    ScaleFit of_sign[2] = {{0, 0, 0}, {0, 0, 0}};
    const ScaleFit& best() const { return of_sign[of_sign[1].error < of_sign[0].error]; }
  };

  // x [32] of magnitudes up to 1. A group of nothing but values below any sub-scale gets the scale
  // 0. The plain scale maps the value farthest from 0 to the outermost level.
  static Fits fits_of_group(const float* x, const float* weight, Scales scales,
                            bool has_importance) {
    const float farthest = farthest_from_0(x, 32), largest = std::fabs(farthest);
    if (largest < 1e-9f) return {};
    if (scales == Scales::plain) {
      const ScaleFit plain{farthest / IQ4Levels::value[0], 0, 1};
      return {{plain, plain}};
    }
    const SearchSteps steps = has_importance ? importance_steps : own_steps;
    return {{search<32>(x, weight, largest, -1, steps), search<32>(x, weight, largest, 1, steps)}};
  }
};

}  // namespace nybble::formats
