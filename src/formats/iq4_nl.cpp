#include "formats/iq4_nl.h"

#include "formats/iq4_search.h"

namespace nybble::formats {

IQ4_NL::Block IQ4_NL::encode(const float* x, const float* importance, Scales scales) {
  const ScaledValues<32> values(x, importance);
  Block block{finite_half(values.unit), {}};
  if (!(values.unit > 0)) return block;
  const auto fits =
      IQ4Search::fits_of_group(values.x, values.weight, scales, importance != nullptr);
  block.scale = finite_half(fits.best().scale * values.unit);
  write_split_nibbles<IQ4Search, 32>(values.x, to_float(block.scale) / values.unit, block.codes);
  return block;
}

}  // namespace nybble::formats
