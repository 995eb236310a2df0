#include "train/block_floats.h"

#include <algorithm>
#include <cmath>

namespace nybble::train {
namespace {

// An offset of 0 moves as the scale beside it does.
std::vector<float> units_of(const std::vector<float>& values, int floats, float error) {
  std::vector<float> units;
  const auto n = static_cast<std::size_t>(floats);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float own = std::abs(values[i]);
    units.push_back(error * (own > 0 ? own : std::abs(values[i / n * n])));
  }
  return units;
}

}  // namespace

BlockFloats::BlockFloats(const EncodedMatrix& matrix, float error)
    : rescaling_(*formats::rescaling(matrix.format)),
      values_(matrix.n_blocks() * static_cast<std::size_t>(rescaling_.floats)),
      gradient_(values_.size()),
      adam_(values_.size()) {
  rescaling_.read(matrix.blocks.data(), matrix.n_blocks(), values_.data());
  units_ = units_of(values_, rescaling_.floats, error);
}

void BlockFloats::learn(const float* gradient, float rate, EncodedMatrix& matrix,
                        ThreadPool& pool) {
  const std::size_t n = matrix.blocks_a_row();
  pool.run(matrix.rows, [&](std::int64_t row, int) {
    const auto r = static_cast<std::size_t>(row);
    rescaling_.differentiate(
        matrix.blocks.data() + r * matrix.row_bytes(), n, gradient + row * matrix.cols,
        gradient_.data() + r * n * static_cast<std::size_t>(rescaling_.floats));
  });
  adam_.step(gradient_, rate, units_, values_, pool);
  store(matrix, pool);
}

void BlockFloats::store(EncodedMatrix& matrix, ThreadPool& pool) const {
  const std::size_t n = matrix.blocks_a_row();
  pool.run(matrix.rows, [&](std::int64_t row, int) {
    const auto r = static_cast<std::size_t>(row);
    rescaling_.write(values_.data() + r * n * static_cast<std::size_t>(rescaling_.floats), n,
                     matrix.blocks.data() + r * matrix.row_bytes());
  });
}

}  // namespace nybble::train
