#include "formats/q1_0.h"

#include <cmath>

#include "formats/level_search.h"

namespace nybble::formats {

// The best scale for signs is the weighted mean of the magnitudes.
Q1_0::Block Q1_0::encode(const float* x, const float* importance, Scales) {
  const ScaledValues<128> values(x, importance);
  double sum = 0, weights = 0;
  std::uint8_t codes[128];
  for (int i = 0; i < 128; ++i) {
    const double weight = importance == nullptr ? 1 : values.weight[i];
    sum += weight * std::fabs(values.x[i]);
    weights += weight;
    codes[i] = x[i] >= 0;
  }
  Block block{finite_half(values.unit), {}};
  if (values.unit > 0) block.scale = finite_half(static_cast<float>(sum / weights * values.unit));
  Codes::pack(codes, block.codes);
  return block;
}

}  // namespace nybble::formats
