#include "quantize/awq.h"

#include <algorithm>
#include <cmath>

namespace nybble::quantize {

std::vector<float> awq_factors(const calibrate::InputStatistics& inputs, double exponent) {
  constexpr double farthest = 100;
  const std::vector<float> squares = calibrate::mean_squares(inputs);
  double sum = 0;
  int n = 0;
  for (const float square : squares) {
    if (square <= 0) continue;
    sum += std::log(square) / 2;
    ++n;
  }
  const double middle = n == 0 ? 1 : std::exp(sum / n);
  std::vector<float> factors;
  for (const float square : squares) {
    const double size = std::clamp(std::sqrt(double{square}) / middle, 1 / farthest, farthest);
    factors.push_back(static_cast<float>(std::pow(size, exponent)));
  }
  return factors;
}

namespace {

constexpr double exponents[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.7};

std::vector<float> factors_of(const calibrate::InputStatistics& inputs, std::span<const FoldedRows>,
                              double exponent) {
  return awq_factors(inputs, exponent);
}

}  // namespace

const FoldMethod awq_folding{exponents, factors_of, folded_loss};

}  // namespace nybble::quantize
