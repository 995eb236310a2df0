#include "evaluate/perplexity.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace nybble::evaluate {

void LossSum::add(double loss) {
  sum += loss;
  squares += loss * loss;
  ++tokens;
}

double LossSum::perplexity() const {
  return std::exp(sum / static_cast<double>(tokens));
}

double LossSum::standard_error() const {
  if (tokens < 2) return 0;
  const auto n = static_cast<double>(tokens);
  const double mean = sum / n;
  const double variance = std::max(0.0, squares / n - mean * mean);
  return perplexity() * std::sqrt(variance / (n - 1));
}

double token_loss(std::span<const float> logits, std::int32_t target) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - highest);
  return std::log(sum) + highest - logits[static_cast<std::size_t>(target)];
}

LossSum perplexity(runtime::Session& session, std::span<const std::int32_t> tokens,
                   const PerplexityWindows& windows,
                   const std::function<void(int, int, const LossSum&)>& after_window) {
  const auto context = static_cast<std::size_t>(windows.context);
  int n_windows = static_cast<int>(tokens.size() / context);
  if (n_windows == 0) {
    fail(ErrorKind::invalid_input,
         "the text has {} tokens, expected at least one window of {}; give a longer text or a "
         "smaller -c",
         tokens.size(), context);
  }
  if (windows.max_windows > 0) n_windows = std::min(n_windows, windows.max_windows);
  LossSum total;
  for (int w = 0; w < n_windows; ++w) {
    const auto begin =
        tokens.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(w) * context);
    std::vector<std::int32_t> window(begin, begin + static_cast<std::ptrdiff_t>(context));
    const std::vector<std::int32_t> targets = window;
    if (windows.first) window[0] = *windows.first;
    session.rewind(0);
    session.step_all(window, [&](int position, std::span<const float> logits) {
      const auto next = static_cast<std::size_t>(position) + 1;
      if (next > context / 2 && next < context) total.add(token_loss(logits, targets[next]));
    });
    after_window(w + 1, n_windows, total);
  }
  return total;
}

}  // namespace nybble::evaluate
