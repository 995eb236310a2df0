#include "quantize/awq.h"

#include <algorithm>
#include <cmath>

#include "linalg/dense.h"
#include "quantize/first_blocks.h"
#include "tensor/tensor.h"

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

double folded_loss(const calibrate::InputStatistics& inputs, std::span<const float> factors,
                   std::span<const FoldedRows> readers, ThreadPool& pool) {
  const std::size_t cols = factors.size();
  std::vector<float> importance = inputs.halves[0].square_sums;
  for (std::size_t c = 0; c < cols; ++c)
    importance[c] /= static_cast<float>(inputs.halves[0].weight) * factors[c] * factors[c];
  double loss = 0;
  for (const FoldedRows& reader : readers) {
    std::vector<float> values = reader.values;
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= factors[i % cols];
    const std::size_t rows = values.size() / cols;
    const auto n_cols = static_cast<std::int64_t>(cols);
    std::vector<std::byte> blocks(rows * row_bytes(reader.format, n_cols));
    encode_rows(reader.format, values, n_cols, importance.data(), pool, blocks);
    std::vector<float> lost(values.size());
    const formats::FormatInfo& format = formats::info(reader.format);
    format.decode(blocks.data(), values.size() / static_cast<std::size_t>(format.block_len),
                  lost.data());
    for (std::size_t i = 0; i < lost.size(); ++i)
      lost[i] = lost[i] / factors[i % cols] - reader.values[i];
    loss += linalg::quadratic_form(lost, static_cast<int>(cols), inputs.halves[1].second_moment);
  }
  return loss;
}

}  // namespace nybble::quantize
