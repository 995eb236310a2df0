// The text of a contest: its tokens, its windows, and that all models cut it alike.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/contest.h"
#include "evaluate/windows.h"

namespace nybble {

struct TextPlan {
  std::vector<text::TokenId> tokens;
  std::vector<evaluate::Window> windows;
  std::optional<text::TokenId> start;
  bool start_stands_before = false;  // of each window, instead of in place of its first token

  // What is scored in the first windows.
  evaluate::ScoredText first_windows(std::size_t max_windows) const {
    const std::size_t n = std::min(max_windows, windows.size());
    return {tokens, std::span(windows).first(n), start, start_stands_before};
  }
};

// Throws Error(invalid_input) when the text is shorter than a window.
TextPlan plan_text(const MeasureSettings& settings, const std::string& content,
                   const text::Tokenizer& tokenizer);

// Throws Error(invalid_input) when a model has another vocabulary than the reference or cuts the
// text into other tokens.
void check_same_tokens(const OpenedModel& reference, const OpenedModel& model,
                       const MeasureSettings& settings, const std::string& content,
                       const TextPlan& plan);

}  // namespace nybble
