#include "quantize/smoothquant.h"

#include <algorithm>
#include <cmath>

namespace nybble::quantize {
namespace {

constexpr double exponents[] = {0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9};
// Of the largest input of a token, in root mean squares of its channel: four of a normal
// distribution are surpassed once in 16,000 values.
constexpr double deviations = 4;

std::vector<float> column_maxima(std::size_t cols, std::span<const FoldedRows> readers) {
  std::vector<float> maxima(cols);
  for (const FoldedRows& reader : readers) {
    for (std::size_t i = 0; i < reader.values.size(); ++i)
      maxima[i % cols] = std::max(maxima[i % cols], std::fabs(reader.values[i]));
  }
  return maxima;
}

// Sum over the readers of the squares of each column, as the factors leave it.
std::vector<double> column_squares(std::span<const float> factors,
                                   std::span<const FoldedRows> readers) {
  const std::size_t cols = factors.size();
  std::vector<double> squares(cols);
  for (const FoldedRows& reader : readers) {
    for (std::size_t i = 0; i < reader.values.size(); ++i) {
      const double value = double{reader.values[i]} * double{factors[i % cols]};
      squares[i % cols] += value * value;
    }
  }
  return squares;
}

}  // namespace

std::vector<float> smoothquant_factors(const calibrate::InputStatistics& inputs,
                                       std::span<const FoldedRows> readers, double exponent) {
  const std::vector<float> weights = column_maxima(inputs.absmax.size(), readers);
  std::vector<float> factors(weights.size(), 1);
  for (std::size_t c = 0; c < factors.size(); ++c) {
    const double x = inputs.absmax[c], w = weights[c];
    if (x > 0 && w > 0)
      factors[c] = static_cast<float>(std::pow(x, exponent) / std::pow(w, 1 - exponent));
  }
  return factors;
}

double smoothed_loss(const calibrate::InputStatistics& inputs, std::span<const float> factors,
                     std::span<const FoldedRows> readers, ThreadPool& pool) {
  const calibrate::Half& half = inputs.halves[1];
  const std::vector<double> squares = column_squares(factors, readers);
  double largest = 0;  // square of the largest input of a token
  for (std::size_t c = 0; c < factors.size(); ++c) {
    const double factor = factors[c], rms = std::sqrt(double{half.square_sums[c]} / half.weight);
    const double most = std::min(deviations * rms, double{inputs.absmax[c]}) / factor;
    largest = std::max(largest, most * most);
  }
  // Values spread over several steps are off by a step^2 / 12 on average; those within half a step
  // become 0.
  const double noise = largest / (127 * 127 * 12.0);
  double lost = 0;
  for (std::size_t c = 0; c < factors.size(); ++c) {
    const double factor = factors[c];
    lost +=
        squares[c] * std::min(noise * half.weight, double{half.square_sums[c]} / (factor * factor));
  }
  return lost + folded_loss(inputs, factors, readers, pool);
}

const FoldMethod smoothquant_folding{exponents, smoothquant_factors, smoothed_loss};

}  // namespace nybble::quantize
