// Memory of a device, owned.
#pragma once

#include <cstddef>
#include <utility>

namespace nybble::backend {

// n floats on a device. data() is an address of that device: only steps, read() and write() of its
// backend follow it.
class Buffer {
 public:
  using Release = void (*)(float*) noexcept;

  Buffer() = default;
  Buffer(float* data, std::size_t size, Release release)
      : data_(data), size_(size), release_(release) {}
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Buffer() {
    if (data_ != nullptr) release_(data_);
  }

  float* data() { return data_; }
  const float* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(release_, other.release_);
  }

  float* data_ = nullptr;
  std::size_t size_ = 0;
  Release release_ = nullptr;
};

}  // namespace nybble::backend
