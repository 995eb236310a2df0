// Perplexity of a model on a sequence of tokens, in windows as llama-perplexity cuts them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "runtime/session.h"

namespace nybble::evaluate {

// A sum of negative log likelihoods (nats) and of their squares.
struct LossSum {
  double sum = 0, squares = 0;
  std::uint64_t tokens = 0;

  void add(double loss);
  double perplexity() const;
  // Of the perplexity, from the variance of the losses, as if tokens were independent.
  double standard_error() const;
};

struct PerplexityWindows {
  int context = 512;                  // tokens a window
  int max_windows = 0;                // 0: all
  std::optional<std::int32_t> first;  // replaces the first token of each window (BOS)
};

// Runs whole windows one after the other; of each, the tokens of the second half are scored
// (positions context / 2 + 1 and on). after_window(number done, number in all, sum so far). Throws
// Error(invalid_input) when tokens do not fill one window. Source: the windows of llama.cpp's
// tools/perplexity, described in its README.
LossSum perplexity(runtime::Session& session, std::span<const std::int32_t> tokens,
                   const PerplexityWindows& windows,
                   const std::function<void(int, int, const LossSum&)>& after_window);

// -log softmax(logits)[target] in nats, in double.
double token_loss(std::span<const float> logits, std::int32_t target);

}  // namespace nybble::evaluate
