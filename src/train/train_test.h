// A tiny decoder to train in tests.
#pragma once

#include <cmath>
#include <random>

#include "gradients/parameters.h"
#include "train/objective.h"

namespace nybble::train {

inline gradients::Matrix random_matrix(int rows, int cols, std::mt19937& bits) {
  gradients::Matrix matrix(rows, cols);
  std::normal_distribution<float> normal(0, 1 / std::sqrt(static_cast<float>(cols)));
  for (float& value : matrix.values) value = normal(bits);
  return matrix;
}

// One layer with rows of 256, as the K formats need them.
inline gradients::Parameters tiny_decoder(unsigned seed) {
  std::mt19937 bits(seed);
  gradients::Parameters p;
  auto& c = p.config;
  c.architecture = "llama";
  c.layers = 1;
  c.dim = c.hidden = 256;
  c.heads = c.kv_heads = 4;
  c.head_dim = c.rope.rotary_dim = 64;
  c.vocab = 48;
  c.context = 64;
  c.tied = c.rope.interleaved = true;
  p.embedding = random_matrix(c.vocab, c.dim, bits);
  gradients::Layer layer;
  layer.attention_norm = layer.feed_forward_norm = std::vector<float>(256, 1.0f);
  for (gradients::Linear* linear :
       {&layer.q, &layer.k, &layer.v, &layer.output, &layer.gate, &layer.up, &layer.down})
    linear->weight = random_matrix(256, 256, bits);
  p.layers.push_back(std::move(layer));
  p.output_norm = std::vector<float>(256, 3.0f);
  return p;
}

inline std::vector<Lesson> random_lessons(int n, int length, int vocab, unsigned seed) {
  std::mt19937 bits(seed);
  std::vector<Lesson> lessons(static_cast<std::size_t>(n));
  for (Lesson& lesson : lessons) {
    for (int i = 0; i < length; ++i)
      lesson.tokens.push_back(static_cast<std::int32_t>(bits() % static_cast<unsigned>(vocab)));
    lesson.labels.assign(lesson.tokens.begin() + 1, lesson.tokens.end());
    lesson.labels.push_back(-1);
  }
  return lessons;
}

}  // namespace nybble::train
