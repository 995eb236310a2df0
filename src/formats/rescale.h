// The floats in encoded blocks that stay floats: a scale and perhaps an offset of each, which may
// be fitted after the codes were chosen. Weights are linear in them.
#pragma once

#include <cstddef>

#include "formats/registry.h"

namespace nybble::formats {

struct Rescaling {
  int floats = 0;  // of each block: 1, or 2 with an offset
  // values [n, floats] of n blocks.
  void (*read)(const std::byte* blocks, std::size_t n, float* values) = nullptr;
  // Rounded to what the blocks store.
  void (*write)(const float* values, std::size_t n, std::byte* blocks) = nullptr;
  // From a gradient by the weights [n, block_len] to one by the floats [n, floats].
  void (*differentiate)(const std::byte* blocks, std::size_t n, const float* gradient,
                        float* by_values) = nullptr;
};

// nullptr for formats without such floats: plain numbers, and scales that are powers of two or 8
// bits. Scales of group integers are halves and bfloat16 at once, as encode() chooses them.
const Rescaling* rescaling(FormatId format);

}  // namespace nybble::formats
