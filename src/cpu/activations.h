// A8-32: activations as int8 in blocks of 32 with a float scale each, the form that fast kernels
// take them in.
#pragma once

#include <cstdint>

namespace nybble::cpu {

constexpr std::int64_t a8_block = 32;

// The values that n activations have after rounding to A8-32: scale = max |x| / 127, codes
// round(x / scale) to even in [-127, 127]. The last block may be shorter. out may be x.
void round_to_a8(const float* x, std::int64_t n, float* out);

}  // namespace nybble::cpu
