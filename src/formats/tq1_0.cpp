#include "formats/tq1_0.h"

#include "formats/ternary_search.h"

namespace nybble::formats {
namespace {

// The fraction is rounded up, so that every digit comes out again.
template <int width, int n_digits>
void encode_digits(const std::uint8_t* codes, std::uint8_t* bytes) {
  for (int m = 0; m < width; ++m) {
    int number = 0;
    for (int t = 0; t < 5; ++t) {
      number = 3 * number + (t < n_digits ? codes[t * width + m] : 0);
    }
    bytes[m] = static_cast<std::uint8_t>((number * 256 + 242) / 243);
  }
}

}  // namespace

TQ1_0::Block TQ1_0::encode(const float* x, const float* importance, Scales scales) {
  const TernaryCodes ternary = encode_ternary(x, importance, scales);
  Block block{{}, {}, {}, ternary.scale};
  encode_digits<32, 5>(ternary.codes, block.digits32);
  encode_digits<16, 5>(ternary.codes + 160, block.digits16);
  encode_digits<4, 4>(ternary.codes + 240, block.digits4);
  return block;
}

}  // namespace nybble::formats
