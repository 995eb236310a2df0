#include "formats/q5_0.h"

#include "formats/single_search.h"

namespace nybble::formats {

Q5_0::Block Q5_0::encode(const float* x, const float* importance, Scales scales) {
  Block result{};
  const WeightedBlock<32, 32> block(x, importance);
  const float scale = search_scale<32, -zero, zero - 1>(block, scales, {-2, 2, 16});
  std::uint8_t codes[32];
  round_to_codes<32, -zero, zero - 1>(block.x, {scale, 0}, codes);
  result.scale = block.stored.store(scale);
  set_codes(result, codes);
  return result;
}

}  // namespace nybble::formats
