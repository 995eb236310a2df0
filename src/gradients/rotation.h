// RoPE on rows of heads, and its way back, which turns the other way.
#pragma once

#include <vector>

#include "base/thread_pool.h"
#include "models/decoder_config.h"

namespace nybble::gradients {

// cos and sin of positions [0, length), each [length, rotary_dim / 2].
struct Angles {
  std::vector<float> cos, sin;
  int rotary_dim = 0;
  bool interleaved = false;

  Angles(const models::DecoderConfig& config, int length);
};

enum class Turn { forth, back };
// x [tokens, heads * head_dim] in place; token t stands at position t % length. The factor of YaRN
// in cos and sin multiplies the gradient too, so that `back` is the transpose of `forth`.
void rotate(const Angles& angles, Turn turn, int tokens, int length, int heads, int head_dim,
            float* x, ThreadPool& pool);

}  // namespace nybble::gradients
