// A linear with its bias and its adapter, and its way back.
#pragma once

#include "gradients/products.h"

namespace nybble::gradients {

// y [tokens, rows].
void run(const Linear& linear, const Rows& x, float* y, const Engine& engine);
// dx [tokens, cols] += the gradient by x; to `gradient` is added that by what is not empty in it.
void run_back(const Linear& linear, const Rows& x, const Rows& dy, float* dx, Linear& gradient,
              const Engine& engine);

// What these do besides the product of x, or of dy, with the weight.
void run_added(const Linear& linear, const Rows& x, float* y, const Engine& engine);
void run_added_back(const Linear& linear, const Rows& x, const Rows& dy, float* dx,
                    Linear& gradient, const Engine& engine);

}  // namespace nybble::gradients
