#include "train/latent_matrix.h"

#include <algorithm>
#include <cmath>

#include "quantize/code_grid.h"

namespace nybble::train {
namespace {

// As many values as one code has at most.
constexpr int most_units = 8;
constexpr float ones[most_units] = {1, 1, 1, 1, 1, 1, 1, 1};

// In which the levels of a scalar format are counted.
struct Steps {
  float step;       // between levels, the mean where they are not even
  float low, high;  // the outermost levels in steps

  explicit Steps(const formats::Recoding& scalar) {
    const float first = scalar.levels[0], last = scalar.levels[scalar.n_levels - 1];
    step = (last - first) / static_cast<float>(scalar.n_levels - 1);
    low = first / step;
    high = last / step;
  }
};

// Values of scalar formats stay beside the outermost levels, so that they find back.
void keep_near(std::span<float> values, FormatId format) {
  constexpr float beyond = 0.49f;
  const formats::Recoding* scalar = formats::recoding(format);
  if (scalar == nullptr) return;
  const Steps steps(*scalar);
  for (float& value : values) value = std::clamp(value, steps.low - beyond, steps.high + beyond);
}

// The grids of some rows: weight = value * unit + offset for each group of values.
struct Grids {
  std::size_t group_len = most_units;
  std::vector<float> unit, offset;

  Grids(FormatId format, std::span<const std::byte> blocks) {
    const formats::FormatInfo& info = formats::info(format);
    const std::size_t n = blocks.size() / static_cast<std::size_t>(info.block_bytes);
    const formats::Recoding* scalar = formats::recoding(format);
    if (scalar != nullptr) group_len = static_cast<std::size_t>(scalar->group_len);
    unit.resize(n * static_cast<std::size_t>(info.block_len) / group_len);
    offset.resize(unit.size());
    if (scalar == nullptr) {
      formats::lattice_recoding(format)->scales(blocks.data(), n, unit.data());
    } else {
      scalar->grids(blocks.data(), n, unit.data(), offset.data());
      for (float& own : unit) own *= Steps(*scalar).step;
    }
  }
  // From gradients by weights to those by values.
  void scale_gradients(std::span<float> gradients) const {
    for_groups(gradients, [&](float& gradient, std::size_t g) { gradient *= unit[g]; });
  }
  // 0 where the scale is.
  void to_values(std::span<float> weights) const {
    for_groups(weights, [&](float& weight, std::size_t g) {
      weight = unit[g] == 0 ? 0 : (weight - offset[g]) / unit[g];
    });
  }
  void to_weights(std::span<float> values) const {
    for_groups(values, [&](float& value, std::size_t g) { value = value * unit[g] + offset[g]; });
  }

 private:
  template <class Action>
  void for_groups(std::span<float> all, const Action& action) const {
    for (std::size_t g = 0; g < unit.size(); ++g)
      for (float& one : all.subspan(g * group_len, group_len)) action(one, g);
  }
};

// The weights that a grid chooses for others.
template <class Grid>
std::vector<float> chosen_by(const Grid& grid, int cols, std::span<const float> weights) {
  std::vector<float> chosen(weights.size());
  for (std::size_t i = 0; i < weights.size(); i += Grid::unit) {
    const int at = static_cast<int>(i);
    grid.choose(at / cols, at % cols, &weights[i], ones, &chosen[i]);
  }
  return chosen;
}

// Some rows of a matrix in a thread.
struct Piece {
  const EncodedMatrix& matrix;
  std::size_t first, n;  // values
  std::span<std::byte> blocks;

  Piece(EncodedMatrix& whole, const RowRange& range)
      : matrix(whole),
        first(static_cast<std::size_t>(range.first * whole.cols)),
        n(static_cast<std::size_t>(range.n * whole.cols)),
        blocks(whole.row_blocks(range.first),
               static_cast<std::size_t>(range.n) * whole.row_bytes()) {}

  // Calls action(grid) with the grid that chooses codes.
  template <class Action>
  void with_grid(const Action& action) const {
    const int rows = static_cast<int>(n) / matrix.cols;
    if (const auto* scalar = formats::recoding(matrix.format)) {
      action(quantize::ScalarGrid(*scalar, matrix.format, blocks, rows, matrix.cols));
    } else {
      const auto& lattice = *formats::lattice_recoding(matrix.format);
      action(quantize::LatticeGrid(lattice, matrix.format, blocks, rows, matrix.cols));
    }
  }
  // What the blocks hold.
  std::vector<float> decoded() const {
    std::vector<float> weights(n);
    const formats::FormatInfo& info = formats::info(matrix.format);
    info.decode(blocks.data(), n_blocks(), weights.data());
    return weights;
  }
  // The blocks hold the codes nearest to values.
  void store(std::span<const float> values) const {
    if (const auto* scalar = formats::recoding(matrix.format)) {
      std::vector<std::uint8_t> codes(n);
      quantize::Levels(*scalar).nearest_codes(values, Steps(*scalar).step, codes);
      scalar->set_codes(blocks.data(), n_blocks(), codes.data());
    } else {
      std::vector<float> weights(values.begin(), values.end());
      Grids(matrix.format, blocks).to_weights(weights);
      with_grid(
          [&](const auto& grid) { grid.store(chosen_by(grid, matrix.cols, weights), blocks); });
    }
  }

 private:
  std::size_t n_blocks() const {
    return n / static_cast<std::size_t>(formats::info(matrix.format).block_len);
  }
};

// Of the way from a code to the border of its cell. Nearer to it, codes change to and fro from the
// first step on (smollm2-80m, Q3_K_M: 0.554 of llama-quantize's divergence with 0.99 to 1, 0.518
// with 0.985); at 0.9 none does.
constexpr float edge = 0.98f;

// Moves weights to the held ones until these are the nearest with some distance to the border.
template <class Grid>
void confine(const Grid& grid, int cols, std::span<const float> held, std::span<float> weights) {
  const std::vector<float> home = chosen_by(grid, cols, held);
  for (std::size_t i = 0; i < weights.size(); i += Grid::unit) {
    const int row = static_cast<int>(i) / cols, col = static_cast<int>(i) % cols;
    float tried[most_units], found[most_units], inside = 0, outside = 1;
    const auto stays = [&](float share) {
      for (std::size_t u = 0; u < Grid::unit; ++u)
        tried[u] = held[i + u] + share / edge * (weights[i + u] - held[i + u]);
      grid.choose(row, col, tried, ones, found);
      return std::equal(found, found + Grid::unit, &home[i]);
    };
    if (stays(1)) continue;
    for (int halvings = 0; halvings < 12; ++halvings) {
      const float middle = (inside + outside) / 2;
      (stays(middle) ? inside : outside) = middle;
    }
    for (std::size_t u = 0; u < Grid::unit; ++u)
      weights[i + u] = held[i + u] + inside * (weights[i + u] - held[i + u]);
  }
}

}  // namespace

LatentMatrix::LatentMatrix(const EncodedMatrix& matrix, std::vector<float> weights,
                           const AdamOptions& options, ThreadPool& pool)
    : values_(std::move(weights)), adam_(values_.size(), options) {
  EncodedMatrix copy = matrix;
  matrix.for_rows(pool, [&](const RowRange& range) {
    const Piece piece(copy, range);
    const auto own = std::span(values_).subspan(piece.first, piece.n);
    const std::vector<float> held = piece.decoded();
    piece.with_grid([&](const auto& grid) { confine(grid, matrix.cols, held, own); });
    Grids(matrix.format, piece.blocks).to_values(own);
    keep_near(own, matrix.format);
  });
}

bool LatentMatrix::is_for(FormatId format) {
  return formats::recoding(format) != nullptr || formats::lattice_recoding(format) != nullptr;
}

void LatentMatrix::learn(std::span<float> gradient, const Adam::Step& step, EncodedMatrix& matrix,
                         const RowRange& range) {
  const Piece piece(matrix, range);
  const auto own = std::span(values_).subspan(piece.first, piece.n);
  Grids(matrix.format, piece.blocks).scale_gradients(gradient);
  adam_.step_part(step, piece.first, gradient, {}, own);
  keep_near(own, matrix.format);
  piece.store(own);
}

void LatentMatrix::store(EncodedMatrix& matrix, const RowRange& range) const {
  const Piece piece(matrix, range);
  piece.store(std::span(values_).subspan(piece.first, piece.n));
}

}  // namespace nybble::train
