#include "formats/q3_k.h"

#include "formats/symmetric_search.h"

namespace nybble::formats {

Q3_K::Block Q3_K::encode(const float* x, const float* importance, Scales scales) {
  Block result{};
  const WeightedBlock<256, 16> block(x, importance);
  const auto found = SymmetricSearch<16, 16, -zero, zero - 1, -32>::find(block, scales, {-1, 2, 10},
                                                                         {-4, 4, 16}, 2);
  std::uint8_t codes[256];
  block.round_to_codes<-zero, zero - 1>([&](std::size_t g) { return found.grid(g); }, codes);
  result.scale = block.stored.store(found.scale);
  std::uint8_t sub[16];
  for (std::size_t g = 0; g < 16; ++g) sub[g] = static_cast<std::uint8_t>(found.sub[g] + 32);
  SubLow::pack(sub, result.sub);
  SubHigh::pack<4>(sub, result.sub + 8);
  set_codes(result, codes);
  return result;
}

}  // namespace nybble::formats
