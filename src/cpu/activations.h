// Activations rounded as quantized kernels take them.
#pragma once

#include <cstdint>

#include "tensor/activation_kind.h"

namespace nybble::cpu {

constexpr std::int64_t float8_group = 128;

// A8-32 or A8-16, int8 in blocks of so many with a float scale each: scale = max |x| / 127, codes
// round(x / scale) to even in [-127, 127]. The last block may be shorter. out may be x.
void round_to_a8(const float* x, std::int64_t n, std::int64_t block, float* out);

// int8 with one scale: max |x| / 127 of those below `threshold` in magnitude, codes rounded to
// even. The others keep their values; returns how many. out may be x.
std::int64_t round_to_int8(const float* x, std::int64_t n, float threshold, float* out);
// E4M3 with one scale: max |x| / 448. out may be x.
void round_to_float8(const float* x, std::int64_t n, float* out);
// With this scale; magnitudes beyond 448 times it become that.
void round_to_float8_at(float scale, const float* x, std::int64_t n, float* out);

// What the inputs of one token become; returns how many of them stayed floats as outliers. scale:
// where it does not follow from them.
std::int64_t round_activations(Activations how, float scale, const float* x, std::int64_t n,
                               float* out);

}  // namespace nybble::cpu
