// A stable sort for values, whose order may throw or contradict itself (NaN).
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace nybble::text::jinja {

// Merges runs of 1, 2, 4 ... items. Unlike std::stable_sort it is safe with any order.
template <class T, class Less>
void sort_stably(std::vector<T>& items, const Less& less) {
  std::vector<T> merged(items.size());
  const std::size_t n = items.size();
  for (std::size_t run = 1; run < n; run *= 2) {
    for (std::size_t start = 0; start < n; start += 2 * run) {
      const std::size_t middle = std::min(start + run, n);
      const std::size_t end = std::min(start + 2 * run, n);
      std::size_t left = start;
      std::size_t right = middle;
      for (std::size_t i = start; i < end; ++i) {
        const bool take_right = left == middle || (right < end && less(items[right], items[left]));
        merged[i] = std::move(items[take_right ? right++ : left++]);
      }
    }
    std::swap(items, merged);
  }
}

}  // namespace nybble::text::jinja
