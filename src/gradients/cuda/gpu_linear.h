// linear_pass.h on the GPU.
#pragma once

#include "gradients/cuda/gpu_parameters.h"
#include "gradients/cuda/gpu_products.h"

namespace nybble::gradients::gpu {

// What steps of one pass share.
struct Workspace {
  const Products& products;
  NormScratch norms;
  DeviceFloats inside, d_inside;  // of adapters
};

// y [rows of x, rows] = x weight^T; dx += dy weight; gradient += dy^T x, nothing for an empty one.
void multiply(const Products& products, const Rows& x, const float* weight, int rows, float* y);
void multiply_back(const Products& products, const Rows& dy, const float* weight, int cols,
                   float* dx);
void add_outer(const Products& products, const Rows& dy, const Rows& x, float factor,
               DeviceFloats& gradient);

// As in linear_pass.h.
void run(const DeviceLinear& linear, const Rows& x, float* y, Workspace& workspace);
void run_back(const DeviceLinear& linear, const Rows& x, const Rows& dy, float* dx,
              DeviceLinear& gradient, Workspace& workspace);
// The same without the weight's product.
void run_added(const DeviceLinear& linear, const Rows& x, float* y, Workspace& workspace);
void run_added_back(const DeviceLinear& linear, const Rows& x, const Rows& dy, float* dx,
                    DeviceLinear& gradient, Workspace& workspace);

}  // namespace nybble::gradients::gpu
