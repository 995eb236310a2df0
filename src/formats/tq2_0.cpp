#include "formats/tq2_0.h"

#include "formats/ternary_search.h"

namespace nybble::formats {

TQ2_0::Block TQ2_0::encode(const float* x, const float* importance, Scales scales) {
  const TernaryCodes ternary = encode_ternary(x, importance, scales);
  Block block{{}, ternary.scale};
  Codes::pack(ternary.codes, block.codes);
  return block;
}

}  // namespace nybble::formats
