// Sums and maxima over the threads of a block, in a fixed order.
#pragma once

namespace nybble::gradients::gpu {

constexpr int row_threads = 256;

// All threads of the block get the result. Blocks have row_threads threads.
template <class T, class Combine>
__device__ T reduce(T own, Combine combine) {
  __shared__ T values[row_threads];
  const int i = static_cast<int>(threadIdx.x);
  __syncthreads();
  values[i] = own;
  for (int step = row_threads / 2; step > 0; step /= 2) {
    __syncthreads();
    if (i < step) values[i] = combine(values[i], values[i + step]);
  }
  __syncthreads();
  return values[0];
}

template <class T>
__device__ T sum(T own) {
  return reduce(own, [](T a, T b) { return a + b; });
}

__device__ inline float largest(float own) {
  return reduce(own, [](float a, float b) { return fmaxf(a, b); });
}

}  // namespace nybble::gradients::gpu
