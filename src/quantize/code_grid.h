// The values that weights can take once the scales of their blocks are fixed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "formats/recode.h"

namespace nybble::quantize {

// The levels that the codes of a scalar format stand for.
class Levels {
 public:
  explicit Levels(const formats::Recoding& recoding);
  // The place of the nearest one.
  int nearest(float level) const;
  // The codes of the levels nearest to values * step.
  void nearest_codes(std::span<const float> values, float step,
                     std::span<std::uint8_t> codes) const;

 private:
  const formats::Recoding& recoding_;
  std::vector<float> middle_;
};

// A grid of scalar codes: the scales of some rows of encoded blocks.
class ScalarGrid {
 public:
  // blocks of `rows` rows of `cols` values.
  ScalarGrid(const formats::Recoding& recoding, FormatId format, std::span<const std::byte> blocks,
             int rows, int cols);
  static constexpr int unit = 1;
  // The nearest value of the grid of a row at a column.
  void choose(int row, int col, const float* x, const float* weight, float* y) const;
  // Stores values of the grid, [rows, cols], as codes.
  void store(std::span<const float> values, std::span<std::byte> blocks) const;

 private:
  const formats::Recoding& recoding_;
  Levels levels_;
  FormatId format_;
  int rows_, cols_, groups_;
  std::vector<float> scale_, inverse_, offset_;
};

// A grid of lattice points, eight columns at a time.
class LatticeGrid {
 public:
  LatticeGrid(const formats::LatticeRecoding& recoding, FormatId format,
              std::span<const std::byte> blocks, int rows, int cols);
  static constexpr int unit = 8;
  // The nearest point y [8] for x [8] with weights [8], at columns col, col + 1 ...
  void choose(int row, int col, const float* x, const float* weight, float* y) const;
  void store(std::span<const float> values, std::span<std::byte> blocks) const;

 private:
  const formats::LatticeRecoding& recoding_;
  FormatId format_;
  int octets_;
  std::vector<float> scale_;
};

}  // namespace nybble::quantize
