// Tensors as bytes of a storage format: TensorView borrows, Tensor owns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/registry.h"
#include "tensor/shape.h"

namespace nybble {

// Borrowed. Rows lie one after the other, each row_bytes() long; cols is divisible by the format's
// block_len.
struct TensorView {
  FormatId format{};
  Shape shape;
  std::span<const std::byte> bytes;

  std::size_t row_bytes() const;
  std::span<const std::byte> row(std::int64_t i) const;
  // Decodes rows [first, first + n) to out [n, cols].
  void decode_rows(std::int64_t first, std::int64_t n, float* out) const;
};

// Owns its bytes.
struct Tensor {
  FormatId format{};
  Shape shape;
  std::vector<std::byte> bytes;

  Tensor() = default;
  // Zeroed bytes for this shape. Throws invalid_input when cols is not divisible by the block
  // length.
  Tensor(FormatId format, Shape shape);
  TensorView view() const { return {format, shape, bytes}; }
};

// Bytes of a row of `cols` values. Throws invalid_input when cols is not divisible by the format's
// block length.
std::size_t row_bytes(FormatId format, std::int64_t cols);

}  // namespace nybble
