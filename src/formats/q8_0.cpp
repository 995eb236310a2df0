#include "formats/q8_0.h"

#include <algorithm>
#include <cmath>

#include "formats/weighted_block.h"

namespace nybble::formats {

// Absmax: at 8 bits a search for a better scale gains nothing that can be measured. The codes are
// rounded with the scale as it is stored.
Q8_0::Block Q8_0::encode(const float* x, const float*, Scales) {
  const WeightedBlock<32, 32> block(x, nullptr);
  const float scale = block.stored.storable(std::fabs(farthest_from_0(block.x, 32)) / 127);
  Block result{block.stored.store(scale), {}};
  std::uint8_t codes[32];
  formats::round_to_codes<32, -127, 127>(block.x, {scale, 0}, codes);
  std::transform(codes, codes + 32, result.codes,
                 [](int code) { return static_cast<std::int8_t>(code - 127); });
  return result;
}

}  // namespace nybble::formats
