#include "evaluate/summary.h"

#include <algorithm>
#include <cmath>

namespace nybble::evaluate {
namespace {

// value(i) for each of n samples.
template <class F>
std::vector<double> collect(std::size_t n, const F& value) {
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = value(i);
  return values;
}

}  // namespace

Estimate perplexity(std::span<const TokenScore> scores, const Bootstrap& bootstrap) {
  return bootstrap.mean(collect(scores.size(), [&](std::size_t i) { return scores[i].loss; }),
                        [](double mean) { return std::exp(mean); });
}

double standard_error(std::span<const TokenScore> scores) {
  if (scores.size() < 2) return 0;
  const auto n = static_cast<double>(scores.size());
  double sum = 0, squares = 0;
  for (const TokenScore& score : scores) sum += score.loss;
  const double mean = sum / n;
  for (const TokenScore& score : scores) squares += (score.loss - mean) * (score.loss - mean);
  return std::exp(mean) * std::sqrt(squares / n / (n - 1));
}

Divergence summarize(std::span<const TokenScore> model, std::span<const TokenScore> reference,
                     const Bootstrap& bootstrap) {
  const std::size_t n = model.size();
  const auto divergences = collect(n, [&](std::size_t i) { return model[i].divergence; });
  const auto same_top =
      collect(n, [&](std::size_t i) { return model[i].top == reference[i].top ? 1.0 : 0.0; });
  const auto squared_change = collect(n, [&](std::size_t i) {
    const double change = std::exp(-model[i].loss) - std::exp(-reference[i].loss);
    return change * change;
  });
  const auto more_loss =
      collect(n, [&](std::size_t i) { return model[i].loss - reference[i].loss; });
  return {
      .mean = bootstrap.mean(divergences),
      .median = bootstrap.quantile(divergences, 0.5),
      .p90 = bootstrap.quantile(divergences, 0.9),
      .p99 = bootstrap.quantile(divergences, 0.99),
      .p999 = bootstrap.quantile(divergences, 0.999),
      .max = *std::ranges::max_element(divergences),
      .top1 = bootstrap.mean(same_top),
      .rms_dp = bootstrap.mean(squared_change, [](double mean) { return std::sqrt(mean); }),
      .perplexity_ratio = bootstrap.mean(more_loss, [](double mean) { return std::exp(mean); })};
}

Estimate added_divergence(std::span<const TokenScore> as_run, std::span<const TokenScore> exact,
                          const Bootstrap& bootstrap) {
  return bootstrap.mean(collect(
      as_run.size(), [&](std::size_t i) { return as_run[i].divergence - exact[i].divergence; }));
}

}  // namespace nybble::evaluate
