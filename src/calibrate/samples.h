// Texts for calibration, cut into windows of tokens.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "text/tokenizer.h"

namespace nybble::calibrate {

struct SampleOptions {
  int context = 512;
  int max_windows = 0;  // so many, half of them of each half; 0: all
  std::uint64_t seed = 0;
};

// Tokens that run through the model together, all from documents of one half.
struct Sample {
  std::vector<text::TokenId> tokens;
  int half = 0;
  float weight = 1;  // how much each of its tokens counts in statistics
};

// The documents of all texts, shuffled by the seed and dealt to two halves in turn, each half cut
// into windows of `context` tokens (the first of them BOS when the model wants one). A document
// ends at "<|endoftext|>", or, in a text without that, at the end of a line after two kilobytes or
// more. What does not fill a last window is left out.
std::vector<Sample> make_samples(std::span<const std::string> texts,
                                 const text::Tokenizer& tokenizer, const SampleOptions& options);

}  // namespace nybble::calibrate
