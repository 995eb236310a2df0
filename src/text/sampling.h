// Parameters of sampling, with llama.cpp's names and defaults.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace nybble::text {

struct SamplingParams {
  float temperature = 0.8f;     // <= 0: greedy
  int top_k = 40;               // <= 0: off
  float top_p = 0.95f;          // 1: off
  float min_p = 0.05f;          // 0: off
  float typical_p = 1.0f;       // 1: off
  int repeat_last_n = 64;       // tokens that the penalties look back on; -1: the whole context
  float repeat_penalty = 1.0f;  // 1: off
  float presence_penalty = 0;
  float frequency_penalty = 0;
  int mirostat = 0;  // 0: off, 2: mirostat 2
  float mirostat_tau = 5.0f;
  float mirostat_eta = 0.1f;
  std::vector<std::pair<std::int32_t, float>> logit_bias;  // token id, added to its logit
  std::uint64_t seed = 0;
};

}  // namespace nybble::text
