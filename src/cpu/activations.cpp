#include "cpu/activations.h"

#include <algorithm>
#include <cmath>

namespace nybble::cpu {

void round_to_a8(const float* x, std::int64_t n, float* out) {
  for (std::int64_t first = 0; first < n; first += a8_block) {
    const std::int64_t last = std::min(n, first + a8_block);
    float highest = 0;
    for (std::int64_t i = first; i < last; ++i) highest = std::max(highest, std::fabs(x[i]));
    const float scale = highest / 127.0f;
    const float inverse = highest > 0 ? 127.0f / highest : 0.0f;
    for (std::int64_t i = first; i < last; ++i)
      out[i] = std::clamp(std::nearbyint(x[i] * inverse), -127.0f, 127.0f) * scale;
  }
}

}  // namespace nybble::cpu
