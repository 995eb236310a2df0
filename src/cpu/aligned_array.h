// Memory aligned for vectors, not initialized unless asked for.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

#include "cpu/large_pages.h"

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
    if (data_ == nullptr) fail_for_memory(what, bytes());
  }

  // A part of larger pages.
  AlignedArray(std::size_t n, const char* what, LargePages& pages) : size_(n) {
    if (n == 0) return;
    std::shared_ptr<std::byte> part = pages.take(n * sizeof(T), what);
    T* data = reinterpret_cast<T*>(part.get());
    data_ = {data, Free{std::move(part)}};
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
  // Not of a part of larger pages; free() takes it.
  T* release() {
    size_ = 0;
    return data_.release();
  }

 private:
  static constexpr std::size_t alignment = 64;
  struct Free {
    std::shared_ptr<std::byte> part = {};  // of larger pages

    void operator()(T* p) const noexcept {
      if (part == nullptr) std::free(p);
    }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace nybble::cpu
