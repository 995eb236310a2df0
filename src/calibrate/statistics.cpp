#include "calibrate/statistics.h"

#include <algorithm>
#include <numeric>

namespace nybble::calibrate {

const InputStatistics* Statistics::find(std::string_view weight) const {
  for (const InputStatistics& input : inputs) {
    if (std::ranges::find(input.weights, weight) != input.weights.end()) return &input;
  }
  return nullptr;
}

std::vector<float> mean_squares(const InputStatistics& input) {
  const auto n = static_cast<std::size_t>(input.cols);
  const double weight = input.halves[0].weight + input.halves[1].weight;
  std::vector<float> means(n);
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (const Half& half : input.halves) {
      if (!half.square_sums.empty()) sum += half.square_sums[i];
    }
    means[i] = weight > 0 ? static_cast<float>(sum / weight) : 0;
  }
  return means;
}

void mix_in(InputStatistics& input, const InputStatistics& other) {
  const auto sum = [](const std::vector<float>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
  };
  for (std::size_t h = 0; h < input.halves.size(); ++h) {
    Half& half = input.halves[h];
    const Half& added = other.halves[h];
    const double trace = sum(added.square_sums);
    if (trace == 0) continue;
    const double factor = sum(half.square_sums) / trace;
    const auto mix = [&](std::vector<float>& values, const std::vector<float>& others) {
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>((double{values[i]} + factor * double{others[i]}) / 2);
    };
    mix(half.square_sums, added.square_sums);
    mix(half.second_moment, added.second_moment);
  }
}

void divide(InputStatistics& input, std::span<const float> factors) {
  const std::size_t n = factors.size();
  for (Half& half : input.halves) {
    for (std::size_t i = 0; i < half.square_sums.size(); ++i)
      half.square_sums[i] /= factors[i] * factors[i];
    for (std::size_t i = 0; i < half.second_moment.size(); ++i)
      half.second_moment[i] /= factors[i / n] * factors[i % n];
  }
  for (std::size_t i = 0; i < input.absmax.size(); ++i) input.absmax[i] /= factors[i];
}

}  // namespace nybble::calibrate
