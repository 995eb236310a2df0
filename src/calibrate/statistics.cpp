#include "calibrate/statistics.h"

#include <algorithm>

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

}  // namespace nybble::calibrate
