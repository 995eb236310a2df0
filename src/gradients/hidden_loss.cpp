#include "gradients/hidden_loss.h"

#include <algorithm>
#include <vector>

namespace nybble::gradients {
namespace {

// Calls action(first, end) for pieces of [0, n), the same for any number of threads.
template <class Action>
void for_ranges(std::size_t n, ThreadPool& pool, const Action& action) {
  constexpr std::size_t step = 64;
  pool.run(static_cast<std::int64_t>((n + step - 1) / step), [&](std::int64_t i, int) {
    const std::size_t first = static_cast<std::size_t>(i) * step;
    action(first, std::min(n, first + step));
  });
}

}  // namespace

void add_hidden_gradient(std::span<const float> x, std::span<const float> teacher, int dim,
                         float factor, std::span<float> d_x, ThreadPool& pool) {
  const auto cols = static_cast<std::size_t>(dim), rows = x.size() / cols;
  const double share = 2.0 * double{factor} * static_cast<double>(rows) / dim;
  std::vector<double> squares(cols);
  std::vector<float> weights(cols);
  for_ranges(cols, pool, [&](std::size_t first, std::size_t end) {
    for (std::size_t t = 0; t < rows; ++t) {
      const float* row = &teacher[t * cols];
      for (std::size_t c = first; c < end; ++c) squares[c] += double{row[c]} * double{row[c]};
    }
    for (std::size_t c = first; c < end; ++c)
      weights[c] = squares[c] > 0 ? static_cast<float>(share / squares[c]) : 0;
  });
  for_ranges(rows, pool, [&](std::size_t first, std::size_t end) {
    for (std::size_t t = first; t < end; ++t)
      for (std::size_t c = 0, i = t * cols; c < cols; ++c, ++i)
        d_x[i] += weights[c] * (x[i] - teacher[i]);
  });
}

}  // namespace nybble::gradients
