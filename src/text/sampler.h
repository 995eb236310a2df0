// Picks the next token from logits. The same seed and logits give the same tokens on every machine.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "text/sampling.h"

namespace nybble::text {

class Sampler {
 public:
  explicit Sampler(const SamplingParams& params);
  // logits [vocab]. Records the token for the penalties.
  std::int32_t pick(std::span<const float> logits);
  // Records a token of the prompt for the penalties.
  void accept(std::int32_t token);
  void reset();

 private:
  SamplingParams params_;
  std::vector<std::int32_t> history_;
  std::uint64_t random_state_[2] = {};
  float mirostat_mu_ = 0;
};

}  // namespace nybble::text
