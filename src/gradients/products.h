// Products of activations [tokens, n] and weights, cut into tiles that do not depend on the number
// of threads, so that the bits do not either.
#pragma once

#include "gradients/parameters.h"

namespace nybble::gradients {

// A matrix of activations, row-major, one row a token.
struct Rows {
  const float* values = nullptr;
  int tokens = 0, cols = 0;
};

// y [tokens, rows] = x weight^T.
void multiply(const Rows& x, const Matrix& weight, float* y, ThreadPool& pool);
// dx [tokens, cols] += factor * dy [tokens, rows] weight.
void multiply_back(const Rows& dy, const Matrix& weight, float factor, float* dx, ThreadPool& pool);
// gradient [rows, cols] += factor * dy^T [rows, tokens] x [tokens, cols]. Nothing for an empty one.
void add_outer(const Rows& dy, const Rows& x, float factor, Matrix& gradient, ThreadPool& pool);
// sums [cols] += the rows of dy. Nothing for empty sums.
void add_rows(const Rows& dy, std::vector<float>& sums, ThreadPool& pool);

}  // namespace nybble::gradients
