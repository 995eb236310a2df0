// Copies between the GPU and memory that is not pinned, through two pinned buffers: all threads
// fill or empty one while the GPU reads or writes the other.
#pragma once

#include <memory>
#include <vector>

#include "base/thread_pool.h"
#include "gradients/cuda/device_array.h"

namespace nybble::gradients::gpu {

// Copies to make, in pieces that fit a buffer.
class Copies {
 public:
  void add(const float* from, float* to, std::size_t n);

 private:
  friend class Transfer;
  struct Piece {
    const float* from = nullptr;
    float* to = nullptr;
    std::size_t n = 0;
  };
  std::vector<Piece> pieces_;
};

class Transfer {
 public:
  explicit Transfer(ThreadPool& pool);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // To the GPU.
  void upload(const Copies& copies);
  // From the GPU, to what stands in host memory.
  void add(const Copies& copies);

 private:
  struct Buffer {
    float* values = nullptr;
    cudaEvent_t done = nullptr;  // the copy from or to it
  };

  ThreadPool& pool_;
  Buffer buffers_[2];
};

}  // namespace nybble::gradients::gpu
