#include "formats/q5_1.h"

#include "formats/single_search.h"

namespace nybble::formats {

Q5_1::Block Q5_1::encode(const float* x, const float* importance, Scales scales) {
  Block result{};
  const WeightedBlock<32, 32> block(x, importance);
  const Grid grid = search_grid<32, 31>(block, scales, {-3, 1, 10});
  std::uint8_t codes[32];
  round_to_codes<32, 0, 31>(block.x, grid, codes);
  result.scale = block.stored.store(grid.scale);
  result.offset = block.stored.store(grid.offset);
  set_codes(result, codes);
  return result;
}

}  // namespace nybble::formats
