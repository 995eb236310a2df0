// Activations rounded as quantized kernels take them.
#pragma once

#include <cstdint>

#include "tensor/activation_kind.h"

namespace nybble::cpu {

constexpr std::int64_t float8_group = 128;

// int8 with one scale: max |x| / 127 of those below `threshold` in magnitude, codes rounded to
// even. The others keep their values; returns how many. out may be x.
std::int64_t round_to_int8(const float* x, std::int64_t n, float threshold, float* out);
// E4M3 with one scale: max |x| / 448. out may be x.
void round_to_float8(const float* x, std::int64_t n, float* out);
// With this scale; magnitudes beyond 448 times it become that.
void round_to_float8_at(float scale, const float* x, std::int64_t n, float* out);

// What the inputs of one token become, unless integer kernels round them (a8_block.h); returns how
// many of them stayed floats as outliers. scale: where it does not follow from them.
std::int64_t round_activations(Activations how, float scale, const float* x, std::int64_t n,
                               float* out);

}  // namespace nybble::cpu
