#include "formats/mxfp4.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "formats/e2m1_search.h"

namespace nybble::formats {

// The plain exponent is the one of the MX specification (the largest magnitude within 4 ... 8
// units), which clips at 6; the search takes the best of it and its neighbours.
MXFP4::Block MXFP4::encode(const float* x, const float* importance, Scales scales) {
  float largest = 0;
  for (int i = 0; i < block_len; ++i) largest = std::max(largest, std::fabs(x[i]));
  Block block{};
  if (!(largest > 0)) return block;
  const int specified = std::min(std::ilogb(largest), 127) - 2 + 127;
  float least = std::numeric_limits<float>::infinity();
  for (const int exponent : {specified, specified + 1, specified - 1}) {
    const auto candidate = static_cast<std::uint8_t>(std::clamp(exponent, 0, 254));
    const float error = E2M1Search<32>::error(x, importance, half_scale(candidate));
    if (error < least || exponent == specified) {
      least = error;
      block.exponent = candidate;
    }
    if (scales == Scales::plain) break;
  }
  E2M1Search<32>::write_codes(x, half_scale(block.exponent), block.codes);
  return block;
}

}  // namespace nybble::formats
