#include "train/encoded_matrix.h"

#include <algorithm>

namespace nybble::train {

void EncodedMatrix::decode(float* values, ThreadPool& pool) const {
  pool.run(rows, [&](std::int64_t row, int) { decode_row(row, values + row_of(row) * cols); });
}

void EncodedMatrix::decode_row(std::int64_t row, float* values) const {
  formats::info(format).decode(blocks.data() + static_cast<std::size_t>(row) * row_bytes(),
                               blocks_a_row(), values);
  if (scale == 1) return;
  for (int i = 0; i < cols; ++i) values[i] *= scale;
}

std::vector<float> EncodedMatrix::in_block_order(std::span<const float> values) const {
  std::vector<float> ordered(values.size());
  const auto width = static_cast<std::size_t>(cols);
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto from = values.subspan(static_cast<std::size_t>(row_of(row)) * width, width);
    std::ranges::copy(from, ordered.begin() + row * cols);
  }
  return ordered;
}

}  // namespace nybble::train
