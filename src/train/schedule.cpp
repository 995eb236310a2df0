#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/random.h"

namespace nybble::train {
namespace {

std::vector<std::size_t> shuffled(std::size_t n, std::uint64_t seed) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = n; i > 1; --i)
    std::swap(order[i - 1], order[random_below(seed, static_cast<std::uint32_t>(i))]);
  return order;
}

}  // namespace

std::vector<std::size_t> lessons_of_step(int step, int batch, std::size_t n, std::uint64_t seed) {
  std::vector<std::size_t> chosen, order;
  std::size_t epoch = ~std::size_t{0};
  for (int i = 0; i < batch; ++i) {
    const std::size_t at = static_cast<std::size_t>(step) * static_cast<std::size_t>(batch) +
                           static_cast<std::size_t>(i);
    if (at / n != epoch) {
      epoch = at / n;
      std::uint64_t state = seed + epoch;
      order = shuffled(n, splitmix64(state));
    }
    chosen.push_back(order[at % n]);
  }
  return chosen;
}

float rate_at(int step, const CourseOptions& options) {
  if (step < options.warmup)
    return static_cast<float>(step + 1) / static_cast<float>(options.warmup);
  const double done = static_cast<double>(step - options.warmup) /
                      std::max(1.0, static_cast<double>(options.steps - options.warmup));
  if (options.fall == Fall::linear) return static_cast<float>(1 - done);
  return static_cast<float>((1 + std::cos(std::numbers::pi * done)) / 2);
}

}  // namespace nybble::train
