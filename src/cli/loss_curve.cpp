#include "cli/loss_curve.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace nybble::cli {

std::string loss_curve(const std::vector<double>& values, std::size_t width) {
  constexpr std::array<const char*, 8> blocks{"\u2581", "\u2582", "\u2583", "\u2584",
                                              "\u2585", "\u2586", "\u2587", "\u2588"};
  const std::size_t n = std::min(values.size(), width);
  std::vector<double> means;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t first = i * values.size() / n, end = (i + 1) * values.size() / n;
    double sum = 0;
    for (std::size_t k = first; k < end; ++k) sum += values[k];
    means.push_back(sum / static_cast<double>(end - first));
  }
  if (means.empty()) return "";
  const auto [low, high] = std::ranges::minmax(means);
  std::string curve;
  for (const double mean : means) {
    const double place = high > low ? (mean - low) / (high - low) : 0;
    const double block = std::isfinite(place) ? std::floor(place * 7.999) : 7;
    curve += blocks[static_cast<std::size_t>(block)];
  }
  return curve;
}

}  // namespace nybble::cli
