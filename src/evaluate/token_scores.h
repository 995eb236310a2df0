// What each scored token of a text costs a model, and how far its prediction is from a reference's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "evaluate/windows.h"
#include "runtime/session.h"

namespace nybble::evaluate {

struct TokenScore {
  std::size_t token = 0;      // its place in the text
  std::int32_t position = 0;  // how many tokens of its window stand before it
  std::int32_t top = 0;   // the token that the model finds most likely here; the first of equals
  double loss = 0;        // -log p(token), nats
  double divergence = 0;  // KL(reference || model), nats; 0 for the reference
};

// Logarithms of probabilities of one row of logits, summed in double.
struct LogSoftmax {
  std::span<const float> logits;
  double log_sum = 0;  // log of the sum of exp(logit)
  std::int32_t top = 0;

  explicit LogSoftmax(std::span<const float> logits);
  double operator[](std::size_t token) const { return logits[token] - log_sum; }
};

// KL(reference || model) = sum of p (log p - log q), nats. Both have the same length.
double divergence(const LogSoftmax& reference, const LogSoftmax& model);

// A model that takes part, and what it scored.
struct Contestant {
  runtime::Session* session = nullptr;
  std::string name = {};  // for messages
  std::vector<TokenScore> scores = {};
};

struct ScoredText {
  std::span<const std::int32_t> tokens;
  std::span<const Window> windows;
  // The start token (BOS). before: it stands before the tokens of each window; else it replaces the
  // first of them.
  std::optional<std::int32_t> start = {};
  bool start_stands_before = false;
};

// Runs all windows through the contestants side by side, a few tokens at a time, so that no more
// than a few rows of logits are held. The first contestant is the reference of the others.
// after_window(number done) may throw to stop. Throws Error(invalid_input) naming the contestant
// and the token when a prediction is no number.
void score(const ScoredText& text, std::span<Contestant> contestants, ThreadPool& pool,
           const std::function<void(std::size_t)>& after_window);

}  // namespace nybble::evaluate
