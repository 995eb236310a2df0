// Windows of tokens that a model writes itself: they are like all that it was trained on, while a
// calibration text is of a few kinds. Source: Liu et al., LLM-QAT (arXiv 2305.17888), section 2.1.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "models/model_source.h"

namespace nybble::runtime {

struct SampleWindowsOptions {
  int windows = 0, context = 0;  // context: tokens of a window
  std::uint64_t seed = 0;
  std::optional<std::int32_t> start = {};  // the first token of all: BOS
  // Each window goes on with what this draws, at least one token, so that no two begin alike; then
  // with tokens as likely as the model says.
  std::function<std::vector<std::int32_t>(std::uint64_t& random)> open = {};
  int threads = 0;            // 0: one per core
  std::size_t max_bytes = 0;  // of the whole process; 0: what the machine has free
};

// The whole model is in memory meanwhile. A window depends on the seed and its number, not on
// threads or memory. on_token is told after each token how many of all are there. Throws
// Error(out_of_memory).
std::vector<std::vector<std::int32_t>> sample_windows(
    const models::ModelSource& source, const SampleWindowsOptions& options,
    const std::function<void(std::int64_t done)>& on_tokens);

}  // namespace nybble::runtime
