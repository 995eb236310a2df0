#include "gradients/products.h"

#include <algorithm>

#include "linalg/dense.h"

namespace nybble::gradients {
namespace {

// Large enough that packing operands costs little (of 256 x 256, 0.97 of the speed), small enough
// that a few threads have work.
constexpr int tile_rows = 128, tile_cols = 256;

int tiles(int n, int tile) {
  return (n + tile - 1) / tile;
}

// Calls action(first row, rows, first col, cols) for the tiles of a result.
template <class Action>
void for_tiles(int rows, int cols, ThreadPool& pool, const Action& action) {
  const int across = tiles(cols, tile_cols);
  pool.run(std::int64_t{tiles(rows, tile_rows)} * across, [&](std::int64_t item, int) {
    const int row = static_cast<int>(item / across) * tile_rows;
    const int col = static_cast<int>(item % across) * tile_cols;
    action(row, std::min(tile_rows, rows - row), col, std::min(tile_cols, cols - col));
  });
}

std::ptrdiff_t at(int row, int cols, int col) {
  return static_cast<std::ptrdiff_t>(row) * cols + col;
}

// Tokens as vectors, and channels as vectors.
Bf16Operand along(const Rows& x) {
  return {x.values, x.tokens, x.cols, x.cols, 1};
}
Bf16Operand across(const Rows& x) {
  return {x.values, x.cols, x.tokens, 1, x.cols};
}
Rows rows_of(const Matrix& matrix) {
  return {matrix.values.data(), matrix.rows, matrix.cols};
}

}  // namespace

void ProductWeight::multiply(const Rows& x, float* y) {
  if (engine_.bf16 != nullptr) {
    if (!forth_) forth_.emplace(along(rows_of(weight_)), cpu::Bf16Side::right, engine_);
    return multiply_bf16({along(x), cpu::Bf16Side::left, engine_}, *forth_, y, engine_);
  }
  for_tiles(x.tokens, weight_.rows, engine_.pool, [&](int t, int n, int row, int rows) {
    linalg::multiply_transposed(n, rows, x.cols, x.values + at(t, x.cols, 0), x.cols,
                                weight_.row(row), weight_.cols, y + at(t, weight_.rows, row),
                                weight_.rows);
  });
}

void ProductWeight::multiply_back(const Rows& dy, float factor, float* dx) {
  if (engine_.bf16 != nullptr) {
    if (!back_) back_.emplace(across(rows_of(weight_)), cpu::Bf16Side::right, engine_);
    return multiply_add_bf16({along(dy), cpu::Bf16Side::left, engine_}, *back_, factor, dx,
                             engine_);
  }
  for_tiles(dy.tokens, weight_.cols, engine_.pool, [&](int t, int n, int col, int cols) {
    linalg::multiply_add(n, cols, weight_.rows, factor, dy.values + at(t, dy.cols, 0), dy.cols,
                         weight_.values.data() + col, weight_.cols, dx + at(t, weight_.cols, col),
                         weight_.cols);
  });
}

void multiply(const Rows& x, const Matrix& weight, float* y, const Engine& engine) {
  ProductWeight(weight, engine).multiply(x, y);
}

void multiply_back(const Rows& dy, const Matrix& weight, float factor, float* dx,
                   const Engine& engine) {
  ProductWeight(weight, engine).multiply_back(dy, factor, dx);
}

void add_outer(const Rows& dy, const Rows& x, float factor, Matrix& gradient,
               const Engine& engine) {
  if (gradient.empty()) return;
  if (engine.bf16 != nullptr) {
    return multiply_add_bf16({across(dy), cpu::Bf16Side::left, engine},
                             {across(x), cpu::Bf16Side::right, engine}, factor,
                             gradient.values.data(), engine);
  }
  for_tiles(dy.cols, x.cols, engine.pool, [&](int row, int rows, int col, int cols) {
    linalg::multiply_transposing_add(rows, cols, dy.tokens, factor, dy.values + row, dy.cols,
                                     x.values + col, x.cols, gradient.row(row) + col,
                                     gradient.cols);
  });
}

void add_rows(const Rows& dy, std::vector<float>& sums, ThreadPool& pool) {
  if (sums.empty()) return;
  for_tiles(1, dy.cols, pool, [&](int, int, int col, int cols) {
    for (int t = 0; t < dy.tokens; ++t) {
      const float* row = dy.values + at(t, dy.cols, col);
      for (int c = 0; c < cols; ++c) sums[static_cast<std::size_t>(col + c)] += row[c];
    }
  });
}

}  // namespace nybble::gradients
