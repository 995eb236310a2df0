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

std::size_t BlockFloats::floats_before(const EncodedMatrix& matrix, std::int64_t row) const {
  return static_cast<std::size_t>(row) * matrix.blocks_a_row() *
         static_cast<std::size_t>(rescaling_.floats);
}

void BlockFloats::learn(std::span<const float> gradient, const Adam::Step& step,
                        EncodedMatrix& matrix, const RowRange& range) {
  const std::size_t first = floats_before(matrix, range.first), n = floats_before(matrix, range.n);
  const auto by_floats = std::span(gradient_).subspan(first, n);
  rescaling_.differentiate(matrix.row_blocks(range.first),
                           static_cast<std::size_t>(range.n) * matrix.blocks_a_row(),
                           gradient.data(), by_floats.data());
  adam_.step_part(step, first, by_floats, std::span(units_).subspan(first, n),
                  std::span(values_).subspan(first, n));
  store(matrix, range);
}

void BlockFloats::store(EncodedMatrix& matrix, const RowRange& range) const {
  rescaling_.write(values_.data() + floats_before(matrix, range.first),
                   static_cast<std::size_t>(range.n) * matrix.blocks_a_row(),
                   matrix.row_blocks(range.first));
}

}  // namespace nybble::train
