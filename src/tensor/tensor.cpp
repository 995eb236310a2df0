#include "tensor/tensor.h"

#include "base/error.h"

namespace nybble {

std::size_t row_bytes(FormatId format, std::int64_t cols) {
  const formats::FormatInfo& info = formats::info(format);
  if (cols % info.block_len != 0) {
    fail(ErrorKind::invalid_input, "rows of {} values cannot be {}: expected a multiple of {}",
         cols, info.name, info.block_len);
  }
  return static_cast<std::size_t>(cols / info.block_len) *
         static_cast<std::size_t>(info.block_bytes);
}

std::size_t TensorView::row_bytes() const {
  return nybble::row_bytes(format, shape.cols());
}

std::span<const std::byte> TensorView::row(std::int64_t i) const {
  const std::size_t size = row_bytes();
  return bytes.subspan(static_cast<std::size_t>(i) * size, size);
}

void TensorView::decode_rows(std::int64_t first, std::int64_t n, float* out) const {
  const formats::FormatInfo& info = formats::info(format);
  const auto blocks = static_cast<std::size_t>(n * (shape.cols() / info.block_len));
  info.decode(bytes.data() + static_cast<std::size_t>(first) * row_bytes(), blocks, out);
}

Tensor::Tensor(FormatId tensor_format, Shape tensor_shape)
    : format(tensor_format), shape(std::move(tensor_shape)) {
  bytes.resize(static_cast<std::size_t>(shape.rows()) * row_bytes(format, shape.cols()));
}

}  // namespace nybble
