#include "train/byte_moments.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace nybble::train {
namespace {

using Signs = ByteMoments::Signs;

// What codes stand for, in order, and which is the nearest to a number.
class Levels {
 public:
  // Decade d of seven, from the smallest, has 2^d even parts of (0.1, 1], twice as many without
  // signs; their middles are levels, and so are 0 and 1.
  explicit Levels(Signs signs) {
    std::size_t n = 0;
    values_[n++] = 0;
    values_[n++] = 1;
    for (int decade = 0; decade < 7; ++decade) {
      const int parts = (signs == Signs::both ? 1 : 2) << decade;
      for (int i = 0; i < parts; ++i) {
        const double part = 0.1 + 0.9 * (i + 0.5) / parts;
        const auto level = static_cast<float>(part * std::pow(10.0, decade - 6));
        values_[n++] = level;
        if (signs == Signs::both) values_[n++] = -level;
      }
    }
    std::ranges::sort(values_);
    middles_.fill(std::numeric_limits<float>::infinity());
    for (std::size_t i = 0; i < 255; ++i) middles_[i] = (values_[i] + values_[i + 1]) / 2;
    for (std::uint32_t cell = 0; cell < first_.size(); ++cell)
      first_[cell] = std::min(below(cell << cell_shift), below((cell + 1) << cell_shift));
  }

  float value(std::uint8_t code) const { return values_[code]; }
  // Cells are so fine that there are two middles in one at most.
  std::uint8_t nearest(float part) const {
    const std::uint8_t code = first_[std::bit_cast<std::uint32_t>(part) >> cell_shift];
    return static_cast<std::uint8_t>(code + (middles_[code] < part) + (middles_[code + 1u] < part));
  }

 private:
  // Numbers of one sign, exponent and first 6 bits of the mantissa.
  static constexpr int cell_shift = 17;

  // How many middles are below a number: its code.
  std::uint8_t below(std::uint32_t bits) const {
    return static_cast<std::uint8_t>(
        std::ranges::lower_bound(middles_, std::bit_cast<float>(bits)) - middles_.begin());
  }

  std::array<float, 256> values_{};
  std::array<float, 257> middles_{};                          // between neighbours, then infinity
  std::array<std::uint8_t, 1 << (32 - cell_shift)> first_{};  // of the codes in a cell
};

const Levels& levels_of(Signs signs) {
  static const Levels both(Signs::both), positive(Signs::positive);
  return signs == Signs::both ? both : positive;
}

}  // namespace

ByteMoments::ByteMoments(std::size_t n, Signs signs)
    : signs_(signs),
      codes_(n, levels_of(signs).nearest(0)),
      scales_((n + block_len - 1) / block_len) {}

void ByteMoments::read(std::size_t block, std::span<float> values) const {
  const Levels& levels = levels_of(signs_);
  const std::uint8_t* codes = codes_.data() + block * block_len;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = levels.value(codes[i]) * scales_[block];
}

void ByteMoments::write(std::size_t block, std::span<const float> values) {
  const Levels& levels = levels_of(signs_);
  float highest = 0;
  for (const float value : values) highest = std::max(highest, std::abs(value));
  scales_[block] = highest;
  std::uint8_t* codes = codes_.data() + block * block_len;
  for (std::size_t i = 0; i < values.size(); ++i) {
    codes[i] = levels.nearest(highest > 0 ? values[i] / highest : 0);
    if (signs_ == Signs::positive && values[i] > 0) codes[i] = std::max<std::uint8_t>(codes[i], 1);
  }
}

}  // namespace nybble::train
