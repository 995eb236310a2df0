// The losses of head_loss.h on the GPU, a block of threads a token.
#include "gradients/cuda/gpu_steps.h"
#include "gradients/cuda/reduce.cuh"

namespace nybble::gradients::gpu {
namespace {

// What a softmax of a row divides by.
struct Denominator {
  float most;
  double all;
};

__device__ Denominator denominator(const float* row, int n) {
  float most = -INFINITY;
  for (int i = static_cast<int>(threadIdx.x); i < n; i += row_threads) most = fmaxf(most, row[i]);
  most = largest(most);
  double all = 0;
  for (int i = static_cast<int>(threadIdx.x); i < n; i += row_threads) all += expf(row[i] - most);
  return {most, sum(all)};
}

// sum p (log p - log q), with log p - log q = (teacher - student) + log of the quotient of sums.
__global__ void divergence_rows(Rows teachers, float factor, float* students, double* losses) {
  const std::int64_t at = std::int64_t{blockIdx.x} * teachers.cols;
  const float* teacher = teachers.values + at;
  float* student = students + at;
  const Denominator t = denominator(teacher, teachers.cols),
                    s = denominator(student, teachers.cols);
  const float share_t = static_cast<float>(1 / t.all), share_s = static_cast<float>(1 / s.all);
  double own = 0;
  for (int i = static_cast<int>(threadIdx.x); i < teachers.cols; i += row_threads) {
    const float p = expf(teacher[i] - t.most) * share_t, q = expf(student[i] - s.most) * share_s;
    own += double{p} * double{teacher[i] - student[i]};
    student[i] = (q - p) * factor;
  }
  own = sum(own);
  if (threadIdx.x == 0)
    losses[blockIdx.x] = own + log(s.all / t.all) + double{s.most} - double{t.most};
}

__global__ void cross_entropy_rows(const std::int32_t* labels, int cols, float factor,
                                   float* logits, double* losses) {
  float* row = logits + std::int64_t{blockIdx.x} * cols;
  const std::int32_t label = labels[blockIdx.x];
  if (label < 0) {
    for (int i = static_cast<int>(threadIdx.x); i < cols; i += row_threads) row[i] = 0;
    if (threadIdx.x == 0) losses[blockIdx.x] = 0;
    return;
  }
  const Denominator d = denominator(row, cols);
  const float share = static_cast<float>(1 / d.all);
  if (threadIdx.x == 0) losses[blockIdx.x] = log(d.all) + double{d.most} - double{row[label]};
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < cols; i += row_threads)
    row[i] = (expf(row[i] - d.most) * share - (i == label ? 1.0f : 0.0f)) * factor;
}

}  // namespace

void divergence(const Rows& teacher, float factor, float* student, double* losses) {
  divergence_rows<<<teacher.rows, row_threads>>>(teacher, factor, student, losses);
}

void cross_entropy(const std::int32_t* labels, int rows, int cols, float factor, float* logits,
                   double* losses) {
  cross_entropy_rows<<<rows, row_threads>>>(labels, cols, factor, logits, losses);
}

}  // namespace nybble::gradients::gpu
