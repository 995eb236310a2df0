#include "formats/nvfp4.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "formats/e2m1_search.h"

namespace nybble::formats {
namespace {

// The plain scale is the least E4M3 number that clips nothing. Searched is every one from a third
// below to twice that: 14 steps, since a doubling takes 8.
std::uint8_t choose_scale(const float* x, const float* importance, Scales scales) {
  float largest = 0;
  for (int i = 0; i < NVFP4::group_len; ++i) largest = std::max(largest, std::fabs(x[i]));
  if (!(largest > 0)) return 0;
  int usual = 1;
  while (usual < 0x7e && NVFP4::half_scale(static_cast<std::uint8_t>(usual)) * 12 < largest)
    ++usual;
  if (scales == Scales::plain) return static_cast<std::uint8_t>(usual);
  float least = std::numeric_limits<float>::infinity();
  int best = usual;
  for (int scale = std::max(usual - 5, 1); scale <= std::min(usual + 8, 0x7e); ++scale) {
    const float error =
        E2M1Search<16>::error(x, importance, NVFP4::half_scale(static_cast<std::uint8_t>(scale)));
    if (error < least) {
      least = error;
      best = scale;
    }
  }
  return static_cast<std::uint8_t>(best);
}

}  // namespace

NVFP4::Block NVFP4::encode(const float* x, const float* importance, Scales scales) {
  Block block{};
  for (int g = 0; g < 4; ++g) {
    const float* group = x + 16 * g;
    block.scales[g] =
        choose_scale(group, importance == nullptr ? nullptr : importance + 16 * g, scales);
    if (block.scales[g] == 0) continue;
    E2M1Search<16>::write_codes(group, half_scale(block.scales[g]), block.codes[g]);
  }
  return block;
}

}  // namespace nybble::formats
