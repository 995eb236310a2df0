#include "train/adam.h"

#include <cmath>

#include "base/pieces.h"

namespace nybble::train {

Adam::Adam(std::size_t n, const AdamOptions& options) : options_(options), first_(n), second_(n) {}

void Adam::step(std::span<const float> gradient, float rate, std::span<const float> units,
                std::span<float> values, ThreadPool& pool) {
  ++steps_;
  const auto& o = options_;
  const float share1 = 1 / (1 - std::pow(o.beta1, steps_));
  const float share2 = 1 / (1 - std::pow(o.beta2, steps_));
  for_pieces(values.size(), pool, [&](std::size_t start, std::size_t n) {
    for (std::size_t i = start; i < start + n; ++i) {
      // With a unit the step is that of values / unit, whose gradient is the gradient times it.
      const float unit = units.empty() ? 1 : units[i], g = gradient[i] * unit;
      first_[i] = o.beta1 * first_[i] + (1 - o.beta1) * g;
      second_[i] = o.beta2 * second_[i] + (1 - o.beta2) * g * g;
      const float move = first_[i] * share1 / (std::sqrt(second_[i] * share2) + o.epsilon);
      values[i] -= rate * (move * unit + o.decay * values[i]);
    }
  });
}

std::vector<std::span<float>> Adam::state() {
  return {first_, second_, {&steps_, 1}};
}

}  // namespace nybble::train
