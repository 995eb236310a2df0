#include "gradients/rms_norm.h"

#include <algorithm>
#include <cmath>

namespace nybble::gradients {
namespace {

// Rows of one item of the pool, whose sums by the weight are added in order afterwards.
constexpr int rows_an_item = 64;

float inverse_rms(const float* x, int n, float epsilon) {
  double squares = 0;
  for (int i = 0; i < n; ++i) squares += double{x[i]} * double{x[i]};
  return static_cast<float>(1 / std::sqrt(squares / n + double{epsilon}));
}

std::int64_t items_of(const Rows& x) {
  return (x.tokens + rows_an_item - 1) / rows_an_item;
}

template <class Action>
void for_rows(const Rows& x, std::int64_t item, const Action& action) {
  const int first = static_cast<int>(item) * rows_an_item;
  for (int t = first; t < std::min(x.tokens, first + rows_an_item); ++t)
    action(static_cast<std::ptrdiff_t>(t) * x.cols);
}

// With r = 1 / rms: dx = r w dy - x r^3 mean(dy w x); d_weight = dy x r.
void row_back(const float* x, const std::vector<float>& weight, float r, const float* dy, Sum sum,
              float* dx, float* d_weight) {
  const int n = static_cast<int>(weight.size());
  double along = 0;
  for (int i = 0; i < n; ++i) {
    const auto at = static_cast<std::size_t>(i);
    along += double{dy[i]} * double{weight[at]} * double{x[i]};
    if (d_weight != nullptr) d_weight[i] += dy[i] * x[i] * r;
  }
  const float back = static_cast<float>(along / n) * r * r * r;
  for (int i = 0; i < n; ++i) {
    const float d = r * weight[static_cast<std::size_t>(i)] * dy[i] - x[i] * back;
    dx[i] = sum == Sum::add ? dx[i] + d : d;
  }
}

}  // namespace

void normalize(const Rows& x, const std::vector<float>& weight, float epsilon, float* y,
               ThreadPool& pool) {
  pool.run(items_of(x), [&](std::int64_t item, int) {
    for_rows(x, item, [&](std::ptrdiff_t at) {
      const float r = inverse_rms(x.values + at, x.cols, epsilon);
      for (int i = 0; i < x.cols; ++i)
        y[at + i] = x.values[at + i] * r * weight[static_cast<std::size_t>(i)];
    });
  });
}

void normalize_back(const Rows& x, const std::vector<float>& weight, float epsilon, const float* dy,
                    Sum sum, float* dx, std::vector<float>& d_weight, ThreadPool& pool) {
  const std::size_t n = d_weight.size();
  std::vector<float> sums(static_cast<std::size_t>(items_of(x)) * n);
  pool.run(items_of(x), [&](std::int64_t item, int) {
    float* own = n == 0 ? nullptr : sums.data() + static_cast<std::size_t>(item) * n;
    for_rows(x, item, [&](std::ptrdiff_t at) {
      const float r = inverse_rms(x.values + at, x.cols, epsilon);
      row_back(x.values + at, weight, r, dy + at, sum, dx + at, own);
    });
  });
  for (std::size_t i = 0; i < sums.size(); ++i) d_weight[i % n] += sums[i];
}

}  // namespace nybble::gradients
