// The embedding forth and back: rows of a matrix, one a token.
#pragma once

#include <cstdint>
#include <span>

#include "gradients/parameters.h"

namespace nybble::gradients {

// x [tokens, dim].
void copy_embedding_rows(std::span<const std::int32_t> tokens, const Matrix& embedding, float* x);
// To gradient [vocab, dim] is added that by x. Nothing for an empty one.
void add_embedding_rows(std::span<const std::int32_t> tokens, std::span<const float> d_x,
                        Matrix& gradient);

}  // namespace nybble::gradients
