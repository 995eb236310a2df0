// Products of activations [tokens, n] and weights, cut into tiles that do not depend on the number
// of threads, so that the bits do not either.
#pragma once

#include <optional>

#include "gradients/bf16_products.h"
#include "gradients/parameters.h"

namespace nybble::gradients {

// A matrix of activations, row-major, one row a token.
struct Rows {
  const float* values = nullptr;
  int tokens = 0, cols = 0;
};

// A weight for one or several products; where these are of bfloat16 it is rounded once for each
// direction. The weight must outlive it and not change.
class ProductWeight {
 public:
  ProductWeight(const Matrix& weight, const Engine& engine) : weight_(weight), engine_(engine) {}
  // y [tokens, rows] = x weight^T.
  void multiply(const Rows& x, float* y);
  // dx [tokens, cols] += factor * dy [tokens, rows] weight.
  void multiply_back(const Rows& dy, float factor, float* dx);

 private:
  const Matrix& weight_;
  const Engine& engine_;
  std::optional<Bf16Panels> forth_, back_;
};

// The same for one product.
void multiply(const Rows& x, const Matrix& weight, float* y, const Engine& engine);
void multiply_back(const Rows& dy, const Matrix& weight, float factor, float* dx,
                   const Engine& engine);
// gradient [rows, cols] += factor * dy^T [rows, tokens] x [tokens, cols]. Nothing for an empty one.
void add_outer(const Rows& dy, const Rows& x, float factor, Matrix& gradient, const Engine& engine);
// sums [cols] += the rows of dy. Nothing for empty sums.
void add_rows(const Rows& dy, std::vector<float>& sums, ThreadPool& pool);

}  // namespace nybble::gradients
