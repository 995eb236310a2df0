#include "formats/q2_k.h"

#include "formats/affine_search.h"

namespace nybble::formats {

Q2_K::Block Q2_K::encode(const float* x, const float* importance, Scales scales) {
  Block result{};
  const WeightedBlock<256, 16> block(x, importance);
  const auto found = AffineSearch<16, 16, 3, 15>::find(block, scales, {-1, 1, 6}, {-4, 4, 16});
  std::uint8_t codes[256];
  block.round_to_codes<0, 3>([&](std::size_t g) { return found.grid(g); }, codes);
  result.scale = block.stored.store(found.scale);
  result.offset = block.stored.store(found.offset);
  for (std::size_t g = 0; g < 16; ++g) {
    result.sub[g] = static_cast<std::uint8_t>(found.sub_scale[g] | found.sub_offset[g] << 4);
  }
  set_codes(result, codes);
  return result;
}

}  // namespace nybble::formats
