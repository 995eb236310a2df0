#include "gradients/cuda/gpu_linear.h"

namespace nybble::gradients::gpu {
namespace {

// down x, what the adapter sees.
Rows inside(const DeviceLinear& linear, const Rows& x, Workspace& workspace) {
  workspace.inside.resize(static_cast<std::size_t>(x.rows) * static_cast<std::size_t>(linear.rank));
  multiply(workspace.products, x, linear.down.data(), linear.rank, workspace.inside.data());
  return {workspace.inside.data(), x.rows, linear.rank};
}

void adapter_back(const DeviceLinear& linear, const Rows& x, const Rows& dy, float* dx,
                  DeviceLinear& gradient, Workspace& workspace) {
  const Rows h = inside(linear, x, workspace);
  add_outer(workspace.products, dy, h, linear.adapter_scale, gradient.up);
  workspace.d_inside.resize(workspace.inside.size());
  workspace.products.multiply({x.rows, linear.rank, linear.rows}, linear.adapter_scale,
                              {dy.values, dy.cols, false}, {linear.up.data(), linear.rank, false},
                              0, workspace.d_inside.data(), linear.rank);
  const Rows dh{workspace.d_inside.data(), x.rows, linear.rank};
  add_outer(workspace.products, dh, x, 1, gradient.down);
  multiply_back(workspace.products, dh, linear.down.data(), linear.cols, dx);
}

}  // namespace

void multiply(const Products& products, const Rows& x, const float* weight, int rows, float* y) {
  products.multiply({x.rows, rows, x.cols}, 1, {x.values, x.cols, false}, {weight, x.cols, true}, 0,
                    y, rows);
}

void multiply_back(const Products& products, const Rows& dy, const float* weight, int cols,
                   float* dx) {
  products.multiply({dy.rows, cols, dy.cols}, 1, {dy.values, dy.cols, false}, {weight, cols, false},
                    1, dx, cols);
}

void add_outer(const Products& products, const Rows& dy, const Rows& x, float factor,
               DeviceFloats& gradient) {
  if (gradient.empty()) return;
  products.multiply({dy.cols, x.cols, dy.rows}, factor, {dy.values, dy.cols, true},
                    {x.values, x.cols, false}, 1, gradient.data(), x.cols);
}

void run(const DeviceLinear& linear, const Rows& x, float* y, Workspace& workspace) {
  multiply(workspace.products, x, linear.weight.data(), linear.rows, y);
  run_added(linear, x, y, workspace);
}

void run_added(const DeviceLinear& linear, const Rows& x, float* y, Workspace& workspace) {
  if (!linear.bias.empty()) add_bias(linear.bias.data(), x.rows, linear.rows, y);
  if (linear.up.empty()) return;
  const Rows h = inside(linear, x, workspace);
  workspace.products.multiply({x.rows, linear.rows, linear.rank}, linear.adapter_scale,
                              {h.values, h.cols, false}, {linear.up.data(), linear.rank, true}, 1,
                              y, linear.rows);
}

void run_back(const DeviceLinear& linear, const Rows& x, const Rows& dy, float* dx,
              DeviceLinear& gradient, Workspace& workspace) {
  multiply_back(workspace.products, dy, linear.weight.data(), linear.cols, dx);
  run_added_back(linear, x, dy, dx, gradient, workspace);
}

void run_added_back(const DeviceLinear& linear, const Rows& x, const Rows& dy, float* dx,
                    DeviceLinear& gradient, Workspace& workspace) {
  add_outer(workspace.products, dy, x, 1, gradient.weight);
  if (!gradient.bias.empty()) add_rows(dy, gradient.bias.data(), workspace.norms);
  if (!linear.up.empty()) adapter_back(linear, x, dy, dx, gradient, workspace);
}

}  // namespace nybble::gradients::gpu
