#include "formats/q4_1.h"

#include "formats/single_search.h"

namespace nybble::formats {

Q4_1::Block Q4_1::encode(const float* x, const float* importance, Scales scales) {
  Block result{};
  const WeightedBlock<32, 32> block(x, importance);
  const Grid grid = search_grid<32, 15>(block, scales, {-2, 2, 10});
  std::uint8_t codes[32];
  round_to_codes<32, 0, 15>(block.x, grid, codes);
  result.scale = block.stored.store(grid.scale);
  result.offset = block.stored.store(grid.offset);
  set_codes(result, codes);
  return result;
}

}  // namespace nybble::formats
