// Unquantized elements: floats and integers, one a block.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "base/half.h"
#include "formats/format.h"

namespace nybble::formats {

struct F32 {
  static constexpr std::string_view name = "F32";
  static constexpr int gguf_type = 0, block_len = 1;
  using Block = float;
  static constexpr void decode(const Block& block, float* out) { *out = block; }
  static constexpr Block encode(const float* x, const float*, Scales = {}) { return *x; }
};

struct F16 {
  static constexpr std::string_view name = "F16";
  static constexpr int gguf_type = 1, block_len = 1;
  using Block = Half;
  static constexpr void decode(const Block& block, float* out) { *out = to_float(block); }
  static constexpr Block encode(const float* x, const float*, Scales = {}) { return to_half(*x); }
};

struct BF16 {
  static constexpr std::string_view name = "BF16";
  static constexpr int gguf_type = 30, block_len = 1;
  using Block = Bf16;
  static constexpr void decode(const Block& block, float* out) { *out = to_float(block); }
  static constexpr Block encode(const float* x, const float*, Scales = {}) { return to_bf16(*x); }
};

}  // namespace nybble::formats
