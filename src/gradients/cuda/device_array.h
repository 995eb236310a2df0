// Memory of the GPU.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace nybble::gradients::gpu {

// Throws Error(out_of_memory), or Error(unsupported) with what CUDA says of `what`.
void check(cudaError_t state, const char* what);
void* allocate(std::size_t bytes);

// Elements without values until something writes them.
template <class T>
class DeviceArray {
 public:
  DeviceArray() = default;
  explicit DeviceArray(std::size_t n) { resize(n); }

  // Values are lost where it grows.
  void resize(std::size_t n) {
    if (n > capacity_) {
      memory_.reset();
      memory_.reset(static_cast<T*>(allocate(n * sizeof(T))));
      capacity_ = n;
    }
    size_ = n;
  }
  T* data() { return memory_.get(); }
  const T* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void clear() {
    if (size_ > 0) check(cudaMemsetAsync(data(), 0, size_ * sizeof(T)), "clearing memory");
  }
  void upload(std::span<const T> values) {
    resize(values.size());
    check(cudaMemcpy(data(), values.data(), values.size_bytes(), cudaMemcpyHostToDevice),
          "copying to the GPU");
  }
  // values [size()]; waits for all that was begun.
  void download(T* values) const {
    check(cudaMemcpy(values, data(), size_ * sizeof(T), cudaMemcpyDeviceToHost),
          "copying from the GPU");
  }
  std::vector<T> values() const {
    std::vector<T> values(size_);
    download(values.data());
    return values;
  }

 private:
  struct Free {
    void operator()(T* memory) const { cudaFree(memory); }
  };
  std::unique_ptr<T, Free> memory_;
  std::size_t size_ = 0, capacity_ = 0;
};

using DeviceFloats = DeviceArray<float>;

}  // namespace nybble::gradients::gpu
