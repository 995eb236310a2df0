// What rounded activations mean.
#pragma once

#include <vector>

#include "cpu/kernels.h"

namespace nybble::cpu {

inline std::vector<double> a8_values(const std::vector<A8Block>& blocks) {
  std::vector<double> values;
  for (const A8Block& block : blocks) {
    for (int c = 0; c < a8_len; ++c) {
      const float scale = block.scales[c / (a8_len / 2)];
      values.push_back(static_cast<std::int8_t>(block.codes[c]) * double{scale});
    }
  }
  return values;
}

}  // namespace nybble::cpu
