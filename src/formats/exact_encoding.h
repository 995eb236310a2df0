// Blocks that decode to given values and to nothing else: for values that stood on a grid before,
// in another format or in a checkpoint trained for one.
#pragma once

#include <cstddef>

#include "formats/registry.h"

namespace nybble::formats {

// Encodes n blocks, bit for bit but for the sign of zeros, or returns false: at least one of them
// has values that no scale of the format brings onto its levels.
using EncodeExactly = bool (*)(const float* x, std::size_t n, std::byte* blocks);

// nullptr for formats whose blocks are not one group around zero.
EncodeExactly exact_encoder(FormatId format);

}  // namespace nybble::formats
