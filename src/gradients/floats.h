// Activations of a step, which many threads write: whoever makes the array does not.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/pieces.h"

namespace nybble::gradients {

// Elements that are given no value have none.
template <class T>
struct WithoutValues : std::allocator<T> {
  template <class U>
  void construct(U* place) {
    ::new (static_cast<void*>(place)) U;
  }
};

using Floats = std::vector<float, WithoutValues<float>>;

inline Floats zeros(std::size_t n, ThreadPool& pool) {
  Floats values(n);
  for_pieces(n, pool, [&](std::size_t first, std::size_t count) {
    std::fill_n(values.data() + first, count, 0.0f);
  });
  return values;
}

}  // namespace nybble::gradients
