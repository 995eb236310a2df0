#include "train/latent_matrix.h"

#include <algorithm>
#include <cmath>

#include "quantize/code_grid.h"

namespace nybble::train {
namespace {

// As many values as one code has at most.
constexpr int most_units = 8;
constexpr float ones[most_units] = {1, 1, 1, 1, 1, 1, 1, 1};
// What a value can be beyond the outermost codes, so that it finds back.
constexpr float beyond = 0.49f;

// The grids of some rows: value = scale * level + offset for each group of values.
struct Grids {
  int group_len = 0;
  std::vector<float> scale, offset;
  float step = 1;           // between levels, the mean where they are not even
  float low = 0, high = 0;  // the outermost levels in steps; equal: not known

  Grids(FormatId format, std::span<const std::byte> blocks) {
    const formats::FormatInfo& info = formats::info(format);
    const std::size_t n = blocks.size() / static_cast<std::size_t>(info.block_bytes);
    const std::size_t values = n * static_cast<std::size_t>(info.block_len);
    if (const formats::Recoding* scalar = formats::recoding(format)) {
      group_len = scalar->group_len;
      resize(values);
      scalar->grids(blocks.data(), n, scale.data(), offset.data());
      const float first = scalar->levels[0], last = scalar->levels[scalar->n_levels - 1];
      step = (last - first) / static_cast<float>(scalar->n_levels - 1);
      low = first / step;
      high = last / step;
    } else {
      group_len = most_units;
      resize(values);
      formats::lattice_recoding(format)->scales(blocks.data(), n, scale.data());
    }
  }
  // The change of a weight when its value changes by 1.
  float unit(std::size_t i) const { return scale[i / group()] * step; }
  float weight(std::size_t i, float value) const { return value * unit(i) + offset[i / group()]; }
  // 0 where the scale is.
  float value(std::size_t i, float weight) const {
    return unit(i) == 0 ? 0 : (weight - offset[i / group()]) / unit(i);
  }
  float confined(float value) const {
    return low == high ? value : std::clamp(value, low - beyond, high + beyond);
  }

 private:
  std::size_t group() const { return static_cast<std::size_t>(group_len); }
  void resize(std::size_t values) {
    scale.resize(values / group());
    offset.resize(values / group());
  }
};

// Some rows of a matrix in a thread.
struct Piece {
  const EncodedMatrix& matrix;
  std::size_t first = 0, n = 0;  // values
  std::span<std::byte> blocks;

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
    info.decode(blocks.data(), n / static_cast<std::size_t>(info.block_len), weights.data());
    return weights;
  }
};

template <class Action>
void for_pieces(EncodedMatrix& matrix, ThreadPool& pool, const Action& action) {
  constexpr int step = 16;
  const auto cols = static_cast<std::size_t>(matrix.cols);
  pool.run((matrix.rows + step - 1) / step, [&](std::int64_t item, int) {
    const auto row = static_cast<std::size_t>(item * step);
    const std::size_t rows =
        std::min<std::size_t>(step, static_cast<std::size_t>(matrix.rows) - row);
    action(Piece{
        matrix, row * cols, rows * cols,
        std::span(matrix.blocks).subspan(row * matrix.row_bytes(), rows * matrix.row_bytes())});
  });
}

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
  for_pieces(copy, pool, [&](const Piece& piece) {
    const auto own = std::span(values_).subspan(piece.first, piece.n);
    const std::vector<float> held = piece.decoded();
    piece.with_grid([&](const auto& grid) { confine(grid, matrix.cols, held, own); });
    const Grids grids(matrix.format, piece.blocks);
    for (std::size_t i = 0; i < own.size(); ++i) own[i] = grids.confined(grids.value(i, own[i]));
  });
}

bool LatentMatrix::is_for(FormatId format) {
  return formats::recoding(format) != nullptr || formats::lattice_recoding(format) != nullptr;
}

void LatentMatrix::learn(std::span<float> gradient, float rate, EncodedMatrix& matrix,
                         ThreadPool& pool) {
  for_pieces(matrix, pool, [&](const Piece& piece) {
    const Grids grids(matrix.format, piece.blocks);
    for (std::size_t i = 0; i < piece.n; ++i) gradient[piece.first + i] *= grids.unit(i);
  });
  adam_.step(gradient, rate, {}, values_, pool);
  for_pieces(matrix, pool, [&](const Piece& piece) {
    const Grids grids(matrix.format, piece.blocks);
    for (float& value : std::span(values_).subspan(piece.first, piece.n))
      value = grids.confined(value);
  });
  store(matrix, pool);
}

void LatentMatrix::store(EncodedMatrix& matrix, ThreadPool& pool) const {
  for_pieces(matrix, pool, [&](const Piece& piece) {
    const Grids grids(matrix.format, piece.blocks);
    std::vector<float> weights(piece.n);
    for (std::size_t i = 0; i < piece.n; ++i)
      weights[i] = grids.weight(i, values_[piece.first + i]);
    piece.with_grid(
        [&](const auto& grid) { grid.store(chosen_by(grid, matrix.cols, weights), piece.blocks); });
  });
}

}  // namespace nybble::train
