#include "gradients/cuda/device_array.h"

#include "base/error.h"

namespace nybble::gradients::gpu {

void check(cudaError_t state, const char* what) {
  if (state == cudaSuccess) return;
  if (state == cudaErrorMemoryAllocation) {
    std::size_t free = 0, all = 0;
    cudaMemGetInfo(&free, &all);
    fail(ErrorKind::out_of_memory,
         "the GPU has {} of {} MiB free, which is not enough; take a smaller batch or context, or "
         "leave out --gpu",
         free >> 20, all >> 20);
  }
  fail(ErrorKind::unsupported, "{}: the GPU says '{}'; without --gpu the CPU computes this", what,
       cudaGetErrorString(state));
}

void* allocate(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes), "allocating memory");
  return memory;
}

}  // namespace nybble::gradients::gpu
