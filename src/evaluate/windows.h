// How a text is cut into windows for a model, and which of its tokens each window scores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace nybble::evaluate {

// Tokens [begin, end) of the text run through the model together; those of [first_scored, end) are
// scored, each predicted from all before it in the window.
struct Window {
  std::size_t begin = 0, end = 0, first_scored = 0;
};

struct WindowOptions {
  int context = 512;    // tokens a window
  int max_windows = 0;  // only the first; 0: all
};

// Every token is scored once. A window holds `context` tokens and starts half a window after the
// one before it, so a scored token sees at least half a window; those of the first window see what
// there is. The last window ends with the text. with_start: a start token stands before each window
// and takes one of its places, and then the first token of the text is scored too.
// Throws Error(invalid_input) when the text is shorter than one window.
std::vector<Window> full_windows(std::size_t n_tokens, const WindowOptions& options,
                                 bool with_start);

// As llama-perplexity cuts: windows side by side, an incomplete last one left out; of each, the
// tokens after the first context / 2 + 1 are scored. Source: the README of llama.cpp's
// tools/perplexity. Throws as full_windows().
std::vector<Window> halved_windows(std::size_t n_tokens, const WindowOptions& options);

}  // namespace nybble::evaluate
