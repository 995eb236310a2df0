// RMS norm, and its way back: y = x / sqrt(mean(x^2) + epsilon) * weight for each row.
#pragma once

#include "gradients/products.h"

namespace nybble::gradients {

// y may be x.
void normalize(const Rows& x, const std::vector<float>& weight, float epsilon, float* y,
               ThreadPool& pool);
// dx: the gradient by x, added or in place of what stands there; dy may then be dx. d_weight += the
// gradient by the weight, unless it is empty.
enum class Sum { add, replace };
void normalize_back(const Rows& x, const std::vector<float>& weight, float epsilon, const float* dy,
                    Sum sum, float* dx, std::vector<float>& d_weight, ThreadPool& pool);

}  // namespace nybble::gradients
