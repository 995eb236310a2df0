// rms_norm.h on the GPU, and sums of columns.
#include "gradients/cuda/gpu_steps.h"
#include "gradients/cuda/reduce.cuh"

namespace nybble::gradients::gpu {
namespace {

// Rows whose sums by the weight one block adds up; sums of blocks are then added in order.
constexpr int chunk = 64, columns = 128;

__device__ float inverse_rms(const float* x, int n, float epsilon) {
  float squares = 0;
  for (int i = static_cast<int>(threadIdx.x); i < n; i += row_threads) squares += x[i] * x[i];
  return 1 / sqrtf(sum(squares) / static_cast<float>(n) + epsilon);
}

__global__ void normalize_rows(Rows x, const float* weight, float epsilon, float* y) {
  const std::int64_t at = std::int64_t{blockIdx.x} * x.cols;
  const float r = inverse_rms(x.values + at, x.cols, epsilon);
  for (int i = static_cast<int>(threadIdx.x); i < x.cols; i += row_threads)
    y[at + i] = x.values[at + i] * r * weight[i];
}

__global__ void find_inverse(Rows x, float epsilon, float* inverse) {
  const float r = inverse_rms(x.values + std::int64_t{blockIdx.x} * x.cols, x.cols, epsilon);
  if (threadIdx.x == 0) inverse[blockIdx.x] = r;
}

// With r = 1 / rms: dx = r w dy - x r^3 mean(dy w x).
__global__ void rows_back(Rows x, const float* weight, const float* inverse, const float* dy,
                          bool add, float* dx) {
  const std::int64_t at = std::int64_t{blockIdx.x} * x.cols;
  const float r = inverse[blockIdx.x];
  float along = 0;
  for (int i = static_cast<int>(threadIdx.x); i < x.cols; i += row_threads)
    along += dy[at + i] * weight[i] * x.values[at + i];
  const float back = sum(along) / static_cast<float>(x.cols) * r * r * r;
  for (int i = static_cast<int>(threadIdx.x); i < x.cols; i += row_threads) {
    const float d = r * weight[i] * dy[at + i] - x.values[at + i] * back;
    dx[at + i] = add ? dx[at + i] + d : d;
  }
}

// sums [chunks, cols] of dy x r, or of dy alone where there is no x.
__global__ void chunk_sums(const float* dy, const float* x, const float* inverse, int rows,
                           int cols, float* sums) {
  const int col = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (col >= cols) return;
  const int first = static_cast<int>(blockIdx.y) * chunk;
  float own = 0;
  for (int row = first; row < min(rows, first + chunk); ++row) {
    const std::int64_t at = std::int64_t{row} * cols + col;
    own += x == nullptr ? dy[at] : dy[at] * x[at] * inverse[row];
  }
  sums[std::int64_t{blockIdx.y} * cols + col] = own;
}

__global__ void add_chunks(const float* sums, int chunks, int cols, float* out) {
  const int col = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (col >= cols) return;
  float own = 0;
  for (int i = 0; i < chunks; ++i) own += sums[std::int64_t{i} * cols + col];
  out[col] += own;
}

void add_columns(const Rows& dy, const float* x, const float* inverse, float* out,
                 DeviceFloats& sums) {
  const int chunks = (dy.rows + chunk - 1) / chunk, across = (dy.cols + columns - 1) / columns;
  sums.resize(static_cast<std::size_t>(chunks) * static_cast<std::size_t>(dy.cols));
  chunk_sums<<<dim3(across, chunks), columns>>>(dy.values, x, inverse, dy.rows, dy.cols,
                                                sums.data());
  add_chunks<<<across, columns>>>(sums.data(), chunks, dy.cols, out);
}

}  // namespace

void normalize(const Rows& x, const float* weight, float epsilon, float* y) {
  normalize_rows<<<x.rows, row_threads>>>(x, weight, epsilon, y);
}

void normalize_back(const Rows& x, const float* weight, float epsilon, const float* dy, bool add,
                    float* dx, float* d_weight, NormScratch& scratch) {
  scratch.inverse.resize(static_cast<std::size_t>(x.rows));
  find_inverse<<<x.rows, row_threads>>>(x, epsilon, scratch.inverse.data());
  if (d_weight != nullptr)
    add_columns({dy, x.rows, x.cols}, x.values, scratch.inverse.data(), d_weight, scratch.sums);
  rows_back<<<x.rows, row_threads>>>(x, weight, scratch.inverse.data(), dy, add, dx);
}

void add_rows(const Rows& dy, float* sums, NormScratch& scratch) {
  add_columns(dy, nullptr, nullptr, sums, scratch.sums);
}

}  // namespace nybble::gradients::gpu
