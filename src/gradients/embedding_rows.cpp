#include "gradients/embedding_rows.h"

#include <algorithm>

namespace nybble::gradients {

void copy_embedding_rows(std::span<const std::int32_t> tokens, const Matrix& embedding, float* x) {
  for (const std::int32_t token : tokens) x = std::copy_n(embedding.row(token), embedding.cols, x);
}

void add_embedding_rows(std::span<const std::int32_t> tokens, std::span<const float> d_x,
                        Matrix& gradient) {
  if (gradient.empty()) return;
  const std::size_t dim = static_cast<std::size_t>(gradient.cols);
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    float* row = gradient.row(tokens[t]);
    for (std::size_t i = 0; i < dim; ++i) row[i] += d_x[t * dim + i];
  }
}

}  // namespace nybble::gradients
