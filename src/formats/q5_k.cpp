#include "formats/q5_k.h"

#include "formats/affine_search.h"

namespace nybble::formats {

Q5_K::Block Q5_K::encode(const float* x, const float* importance, Scales scales) {
  Block result{};
  const WeightedBlock<256, 32> block(x, importance);
  const auto found = AffineSearch<8, 32, 31, 63>::find(block, scales, {-3, 1, 8}, {-6, 6, 16});
  std::uint8_t codes[256];
  block.round_to_codes<0, 31>([&](std::size_t g) { return found.grid(g); }, codes);
  result.scale = block.stored.store(found.scale);
  result.offset = block.stored.store(found.offset);
  SubScalesK{found.sub_scale, found.sub_offset}.pack(result.sub);
  set_codes(result, codes);
  return result;
}

}  // namespace nybble::formats
