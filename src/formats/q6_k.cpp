#include "formats/q6_k.h"

#include "formats/symmetric_search.h"

namespace nybble::formats {

Q6_K::Block Q6_K::encode(const float* x, const float* importance, Scales scales) {
  Block result{};
  const WeightedBlock<256, 16> block(x, importance);
  const auto found = SymmetricSearch<16, 16, -zero, zero - 1, -128>::find(block, scales, {-1, 1, 8},
                                                                          {-8, 8, 16}, 2);
  std::uint8_t codes[256];
  block.round_to_codes<-zero, zero - 1>([&](std::size_t g) { return found.grid(g); }, codes);
  result.scale = block.stored.store(found.scale);
  for (std::size_t g = 0; g < 16; ++g) result.sub[g] = static_cast<std::int8_t>(found.sub[g]);
  set_codes(result, codes);
  return result;
}

}  // namespace nybble::formats
