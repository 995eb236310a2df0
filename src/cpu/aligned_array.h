// Memory aligned for vectors, not initialized unless asked for.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

#include "base/error.h"

namespace nybble::cpu {

template <class T>
class AlignedArray {
 public:
  AlignedArray() = default;
  // Throws Error(out_of_memory) saying what for.
  AlignedArray(std::size_t n, const char* what) : size_(n) {
    if (n == 0) return;
    data_.reset(static_cast<T*>(
        std::aligned_alloc(alignment, (n * sizeof(T) + alignment - 1) / alignment * alignment)));
    if (data_ == nullptr) {
      fail(ErrorKind::out_of_memory,
           "no memory for {}: {} MiB needed; free some memory or take a smaller model", what,
           n * sizeof(T) >> 20);
    }
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(T); }
  // At least n elements; the content is lost when it grows.
  T* grow(std::size_t n) {
    if (n > size_) *this = AlignedArray(n, "a computation");
    return data();
  }
  T* release() {
    size_ = 0;
    return data_.release();
  }

 private:
  static constexpr std::size_t alignment = 64;
  struct Free {
    void operator()(T* p) const noexcept { std::free(p); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace nybble::cpu
