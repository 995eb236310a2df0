// A linear with its bias and its adapter, and its way back.
#pragma once

#include "gradients/products.h"

namespace nybble::gradients {

// y [tokens, rows].
void run(const Linear& linear, const Rows& x, float* y, ThreadPool& pool);
// dx [tokens, cols] += the gradient by x; to `gradient` is added that by what is not empty in it.
void run_back(const Linear& linear, const Rows& x, const Rows& dy, float* dx, Linear& gradient,
              ThreadPool& pool);

}  // namespace nybble::gradients
