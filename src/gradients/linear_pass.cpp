#include "gradients/linear_pass.h"

namespace nybble::gradients {
namespace {

void add_bias(const std::vector<float>& bias, int tokens, float* y, ThreadPool& pool) {
  if (bias.empty()) return;
  pool.run(tokens, [&](std::int64_t t, int) {
    float* row = y + t * static_cast<std::int64_t>(bias.size());
    for (std::size_t i = 0; i < bias.size(); ++i) row[i] += bias[i];
  });
}

std::vector<float> floats(int rows, int cols) {
  return std::vector<float>(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
}

// What the adapter sees: down x.
std::vector<float> inside(const Linear& linear, const Rows& x, const Engine& engine) {
  std::vector<float> values = floats(x.tokens, linear.down.rows);
  multiply(x, linear.down, values.data(), engine);
  return values;
}

// up^T, whose product is a plain one then.
Matrix transposed(const Matrix& matrix) {
  Matrix other(matrix.cols, matrix.rows);
  for (int r = 0; r < matrix.rows; ++r)
    for (int c = 0; c < matrix.cols; ++c) other.row(c)[r] = matrix.row(r)[c];
  return other;
}

void adapter_back(const Linear& linear, const Rows& x, const Rows& dy, float* dx, Linear& gradient,
                  const Engine& engine) {
  const int rank = linear.down.rows;
  const std::vector<float> h = inside(linear, x, engine);
  add_outer(dy, {h.data(), x.tokens, rank}, linear.adapter_scale, gradient.up, engine);
  std::vector<float> dh = floats(x.tokens, rank);
  multiply_back(dy, linear.up, linear.adapter_scale, dh.data(), engine);
  const Rows inner{dh.data(), x.tokens, rank};
  add_outer(inner, x, 1, gradient.down, engine);
  multiply_back(inner, linear.down, 1, dx, engine);
}

}  // namespace

void run(const Linear& linear, const Rows& x, float* y, const Engine& engine) {
  multiply(x, linear.weight, y, engine);
  run_added(linear, x, y, engine);
}

void run_added(const Linear& linear, const Rows& x, float* y, const Engine& engine) {
  add_bias(linear.bias, x.tokens, y, engine.pool);
  if (linear.up.empty()) return;
  const std::vector<float> h = inside(linear, x, engine);
  multiply_back({h.data(), x.tokens, linear.down.rows}, transposed(linear.up), linear.adapter_scale,
                y, engine);
}

void run_back(const Linear& linear, const Rows& x, const Rows& dy, float* dx, Linear& gradient,
              const Engine& engine) {
  multiply_back(dy, linear.weight, 1, dx, engine);
  run_added_back(linear, x, dy, dx, gradient, engine);
}

void run_added_back(const Linear& linear, const Rows& x, const Rows& dy, float* dx,
                    Linear& gradient, const Engine& engine) {
  add_outer(dy, x, 1, gradient.weight, engine);
  add_rows(dy, gradient.bias, engine.pool);
  if (!linear.up.empty()) adapter_back(linear, x, dy, dx, gradient, engine);
}

}  // namespace nybble::gradients
