#include "gradients/rotation.h"

#include "models/rope.h"

namespace nybble::gradients {

Angles::Angles(const models::DecoderConfig& config, int length)
    : rotary_dim(config.rope.rotary_dim), interleaved(config.rope.interleaved) {
  const std::size_t n = static_cast<std::size_t>(length) * static_cast<std::size_t>(rotary_dim / 2);
  cos.resize(n);
  sin.resize(n);
  models::rope_angles(models::rope_frequencies(config.rope, length), 0, length, cos, sin);
}

void rotate(const Angles& angles, Turn turn, int tokens, int length, int heads, int head_dim,
            float* x, ThreadPool& pool) {
  const int half = angles.rotary_dim / 2;
  const int step = angles.interleaved ? 2 : 1, apart = angles.interleaved ? 1 : half;
  pool.run(tokens, [&](std::int64_t t, int) {
    const std::ptrdiff_t angle = (t % length) * half;
    for (int head = 0; head < heads; ++head) {
      float* values = x + (t * heads + head) * head_dim;
      for (int i = 0; i < half; ++i) {
        float &a = values[i * step], &b = values[i * step + apart];
        const float cos = angles.cos[static_cast<std::size_t>(angle + i)];
        const float sin = angles.sin[static_cast<std::size_t>(angle + i)];
        const float turned = turn == Turn::forth ? sin : -sin, first = a;
        a = first * cos - b * turned;
        b = first * turned + b * cos;
      }
    }
  });
}

}  // namespace nybble::gradients
