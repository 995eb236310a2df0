#include "quantize/code_grid.h"

#include <algorithm>

namespace nybble::quantize {
namespace {

std::size_t at(int row, int col, int cols) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(cols) +
         static_cast<std::size_t>(col);
}

std::size_t blocks_in(FormatId format, std::size_t values) {
  return values / static_cast<std::size_t>(formats::info(format).block_len);
}

// Consecutive integers.
struct EvenLevels {
  float first, n;

  explicit EvenLevels(const formats::Recoding& recoding)
      : first(recoding.levels[0]), n(static_cast<float>(recoding.n_levels)) {}
  int nearest(float level) const {
    return static_cast<int>(std::clamp(level - first + 0.5f, 0.0f, n - 0.5f));
  }
};

}  // namespace

Levels::Levels(const formats::Recoding& recoding) : recoding_(recoding) {
  for (int i = 0; i + 1 < recoding.n_levels; ++i)
    middle_.push_back((recoding.levels[i] + recoding.levels[i + 1]) / 2);
}

int Levels::nearest(float level) const {
  if (recoding_.even) return EvenLevels(recoding_).nearest(level);
  int place = 0;
  for (const float middle : middle_) place += level > middle ? 1 : 0;
  return place;
}

void Levels::nearest_codes(std::span<const float> values, float step,
                           std::span<std::uint8_t> codes) const {
  if (!recoding_.even) {
    for (std::size_t i = 0; i < values.size(); ++i)
      codes[i] = recoding_.level_codes[nearest(values[i] * step)];
    return;
  }
  // Places are codes: a loop of which compilers make vectors, as long as nothing in it is read from
  // where the codes could be written.
  const EvenLevels levels(recoding_);
  std::uint8_t* out = codes.data();
  for (std::size_t i = 0; i < values.size(); ++i)
    out[i] = static_cast<std::uint8_t>(levels.nearest(values[i] * step));
}

ScalarGrid::ScalarGrid(const formats::Recoding& recoding, FormatId format,
                       std::span<const std::byte> blocks, int rows, int cols)
    : recoding_(recoding),
      levels_(recoding),
      format_(format),
      rows_(rows),
      cols_(cols),
      groups_(cols / recoding.group_len) {
  const auto n = static_cast<std::size_t>(rows) * static_cast<std::size_t>(groups_);
  scale_.resize(n);
  offset_.resize(n);
  inverse_.resize(n);
  const auto n_blocks = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols) /
                        static_cast<std::size_t>(formats::info(format).block_len);
  recoding.grids(blocks.data(), n_blocks, scale_.data(), offset_.data());
  for (std::size_t i = 0; i < n; ++i) inverse_[i] = scale_[i] == 0 ? 0 : 1 / scale_[i];
}

void ScalarGrid::choose(int row, int col, const float* x, const float*, float* y) const {
  const std::size_t g = at(row, col / recoding_.group_len, groups_);
  const int level = levels_.nearest((*x - offset_[g]) * inverse_[g]);
  *y = scale_[g] * recoding_.levels[level] + offset_[g];
}

void ScalarGrid::store(std::span<const float> values, std::span<std::byte> blocks) const {
  std::vector<std::uint8_t> codes(values.size());
  for (int r = 0; r < rows_; ++r) {
    for (int c = 0; c < cols_; ++c) {
      const std::size_t g = at(r, c / recoding_.group_len, groups_);
      const float level = (values[at(r, c, cols_)] - offset_[g]) * inverse_[g];
      codes[at(r, c, cols_)] = recoding_.level_codes[levels_.nearest(level)];
    }
  }
  recoding_.set_codes(blocks.data(),
                      values.size() / static_cast<std::size_t>(formats::info(format_).block_len),
                      codes.data());
}

LatticeGrid::LatticeGrid(const formats::LatticeRecoding& recoding, FormatId format,
                         std::span<const std::byte> blocks, int rows, int cols)
    : recoding_(recoding), format_(format), octets_(cols / unit) {
  const std::size_t n = at(rows, 0, cols);
  scale_.resize(n / unit);
  recoding.scales(blocks.data(), blocks_in(format, n), scale_.data());
}

void LatticeGrid::choose(int row, int col, const float* x, const float* weight, float* y) const {
  recoding_.choose(x, weight, scale_[at(row, col / unit, octets_)], y);
}

void LatticeGrid::store(std::span<const float> values, std::span<std::byte> blocks) const {
  recoding_.set_values(blocks.data(), blocks_in(format_, values.size()), values.data());
}

}  // namespace nybble::quantize
