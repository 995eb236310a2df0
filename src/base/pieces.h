// Loops over long arrays in pieces, which are the same for any number of threads.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/thread_pool.h"

namespace nybble {

constexpr std::size_t piece_len = 1 << 16;

constexpr std::size_t pieces_of(std::size_t n) {
  return (n + piece_len - 1) / piece_len;
}

// Calls action(first, count) for each piece of n elements; piece i begins at i * piece_len.
template <class Action>
void for_pieces(std::size_t n, ThreadPool& pool, const Action& action) {
  pool.run(static_cast<std::int64_t>(pieces_of(n)), [&](std::int64_t i, int) {
    const std::size_t first = static_cast<std::size_t>(i) * piece_len;
    action(first, std::min(piece_len, n - first));
  });
}

}  // namespace nybble
