#include "train/encoded_matrix.h"

namespace nybble::train {

void EncodedMatrix::decode(const RowRange& range, float* values) const {
  for (std::int64_t row = range.first; row < range.first + range.n; ++row)
    decode_row(row, values + row_of(row) * cols);
}

void EncodedMatrix::decode_row(std::int64_t row, float* values) const {
  formats::info(format).decode(blocks.data() + static_cast<std::size_t>(row) * row_bytes(),
                               blocks_a_row(), values);
  if (scale == 1) return;
  for (int i = 0; i < cols; ++i) values[i] *= scale;
}

std::vector<float> EncodedMatrix::in_block_order(std::span<const float> values,
                                                 const RowRange& range) const {
  const auto width = static_cast<std::size_t>(cols);
  std::vector<float> ordered(static_cast<std::size_t>(range.n) * width);
  for (std::int64_t i = 0; i < range.n; ++i) {
    const auto row = static_cast<std::size_t>(row_of(range.first + i));
    std::ranges::copy(values.subspan(row * width, width), ordered.begin() + i * cols);
  }
  return ordered;
}

}  // namespace nybble::train
