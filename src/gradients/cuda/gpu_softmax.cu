// The softmax of attention, and its way back.
#include "gradients/cuda/gpu_steps.h"
#include "gradients/cuda/reduce.cuh"

namespace nybble::gradients::gpu {
namespace {

__global__ void softmax_rows(Scores shape, float* scores) {
  float* row = scores + std::int64_t{blockIdx.x} * shape.length;
  const int last = static_cast<int>(blockIdx.x % static_cast<unsigned>(shape.length)) + 1;
  const int first = shape.reach > 0 ? max(0, last - shape.reach) : 0;
  const int own = static_cast<int>(threadIdx.x);
  float most = -INFINITY, all = 0;
  for (int i = first + own; i < last; i += row_threads) most = fmaxf(most, row[i]);
  most = largest(most);
  for (int i = own; i < shape.length; i += row_threads) {
    const float value = i >= first && i < last ? expf(row[i] - most) : 0.0f;
    row[i] = value;
    all += value;
  }
  const float share = 1 / sum(all);
  for (int i = first + own; i < last; i += row_threads) row[i] *= share;
}

__global__ void softmax_rows_back(Scores shape, float scale, const float* p, float* dp) {
  const std::int64_t at = std::int64_t{blockIdx.x} * shape.length;
  const int last = static_cast<int>(blockIdx.x % static_cast<unsigned>(shape.length)) + 1;
  const int own = static_cast<int>(threadIdx.x);
  float along = 0;
  for (int i = own; i < last; i += row_threads) along += p[at + i] * dp[at + i];
  along = sum(along);
  for (int i = own; i < shape.length; i += row_threads)
    dp[at + i] = i < last ? p[at + i] * (dp[at + i] - along) * scale : 0.0f;
}

}  // namespace

void softmax(const Scores& shape, float* scores) {
  softmax_rows<<<static_cast<unsigned>(shape.rows), row_threads>>>(shape, scores);
}

void softmax_back(const Scores& shape, float scale, const float* p, float* dp) {
  softmax_rows_back<<<static_cast<unsigned>(shape.rows), row_threads>>>(shape, scale, p, dp);
}

}  // namespace nybble::gradients::gpu
