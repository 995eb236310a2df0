// Small random decoders of every family for tests, and their losses in double.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "gradients/reference_decoder.h"

namespace nybble::gradients {

constexpr int random_length = 5, random_windows = 2;  // of random_tokens()

struct Family {
  std::string name;
  void (*change)(models::DecoderConfig& config) = nullptr;
  int rank = 0;  // of adapters; 0: none
};

inline models::DecoderConfig config_of(const Family& family) {
  models::DecoderConfig config;
  config.architecture = "llama";
  config.layers = 2;
  config.dim = 24;
  config.heads = 4;
  config.kv_heads = 2;
  config.head_dim = 8;
  config.hidden = 40;
  config.vocab = 37;
  config.context = 64;
  config.rope.rotary_dim = 8;
  config.rope.interleaved = true;
  config.tied = true;
  if (family.change != nullptr) family.change(config);
  return config;
}

class Random {
 public:
  explicit Random(unsigned seed) : bits_(seed) {}
  std::vector<float> floats(int n, float middle, float width) {
    std::normal_distribution<float> normal(middle, width);
    std::vector<float> values(static_cast<std::size_t>(n));
    for (float& value : values) value = normal(bits_);
    return values;
  }
  Matrix matrix(int rows, int cols) {
    Matrix matrix(rows, cols);
    matrix.values = floats(rows * cols, 0, 1.5f / std::sqrt(static_cast<float>(cols)));
    return matrix;
  }
  Linear linear(int rows, int cols, bool bias, int rank) {
    Linear linear;
    linear.weight = matrix(rows, cols);
    if (bias) linear.bias = floats(rows, 0, 0.3f);
    if (rank > 0) {
      linear.down = matrix(rank, cols);
      linear.up = matrix(rows, rank);
      linear.adapter_scale = 0.5f;
    }
    return linear;
  }

 private:
  std::mt19937 bits_;
};

inline Parameters random_parameters(const models::DecoderConfig& c, int rank, unsigned seed) {
  Random random(seed);
  Parameters p;
  p.config = c;
  p.embedding = random.matrix(c.vocab, c.dim);
  for (int i = 0; i < c.layers; ++i) {
    const int q = c.heads * c.head_dim, kv = c.kv_heads * c.head_dim;
    Layer layer;
    layer.attention_norm = random.floats(c.dim, 1, 0.2f);
    layer.feed_forward_norm = random.floats(c.dim, 1, 0.2f);
    if (c.qk_norm) {
      layer.q_norm = random.floats(c.head_dim, 1, 0.2f);
      layer.k_norm = random.floats(c.head_dim, 1, 0.2f);
    }
    layer.q = random.linear(q, c.dim, c.qkv_bias, rank);
    layer.k = random.linear(kv, c.dim, c.qkv_bias, rank);
    layer.v = random.linear(kv, c.dim, c.qkv_bias, rank);
    layer.output = random.linear(c.dim, q, c.output_bias, rank);
    layer.gate = random.linear(c.hidden, c.dim, c.mlp_bias, rank);
    layer.up = random.linear(c.hidden, c.dim, c.mlp_bias, rank);
    layer.down = random.linear(c.dim, c.hidden, c.mlp_bias, rank);
    p.layers.push_back(std::move(layer));
  }
  p.output_norm = random.floats(c.dim, 1, 0.2f);
  if (!c.tied) p.head = random.linear(c.vocab, c.dim, false, 0);
  return p;
}

inline std::vector<std::int32_t> random_tokens(const models::DecoderConfig& config) {
  std::mt19937 bits(7);
  std::vector<std::int32_t> tokens(random_length * random_windows);
  for (auto& token : tokens)
    token = static_cast<std::int32_t>(bits() % static_cast<unsigned>(config.vocab));
  return tokens;
}

inline std::vector<double> log_softmax(std::vector<double> row) {
  double sum = 0;
  for (const double value : row) sum += std::exp(value);
  for (double& value : row) value -= std::log(sum);
  return row;
}

inline double divergence_of(const ReferenceDecoder::Matrix& student,
                            const ReferenceDecoder::Matrix& teacher) {
  double sum = 0;
  for (std::size_t t = 0; t < student.size(); ++t) {
    const auto q = log_softmax(student[t]), p = log_softmax(teacher[t]);
    for (std::size_t i = 0; i < p.size(); ++i) sum += std::exp(p[i]) * (p[i] - q[i]);
  }
  return sum;
}

inline double cross_entropy_of(const ReferenceDecoder::Matrix& logits,
                               std::span<const std::int32_t> labels) {
  double sum = 0;
  for (std::size_t t = 0; t < labels.size(); ++t)
    if (labels[t] >= 0) sum -= log_softmax(logits[t])[static_cast<std::size_t>(labels[t])];
  return sum;
}

// float32 keeps 24 bits; some hundred roundings stand between a parameter and the loss.
constexpr double gradient_tolerance = 200 * 0x1p-24;

// Some entries of each gradient against central differences of the loss of the reference, relative
// to the largest entry of the tensor.
inline void expect_gradients(Parameters& gradients, ReferenceDecoder& reference,
                             const std::function<double()>& loss) {
  std::mt19937 bits(3);
  for_each(gradients, [&](const ParameterView& view) {
    float largest = 0;
    for (const float value : view.values) largest = std::max(largest, std::abs(value));
    ASSERT_GT(largest, 0) << view.name;
    for (int n = 0; n < 6; ++n) {
      const std::size_t at = bits() % view.values.size();
      double& value = reference.tensors.at(view.name).values[at];
      const double before = value, step = 1e-5;
      value = before + step;
      const double above = loss();
      value = before - step;
      const double below = loss();
      value = before;
      EXPECT_NEAR(view.values[at], (above - below) / (2 * step),
                  gradient_tolerance * double{largest})
          << view.name << " " << at;
    }
  });
}

// With every step that a decoder may have.
inline auto families() {
  return testing::Values(Family{"Llama"},  //
                         Family{"Qwen2",
                                [](models::DecoderConfig& c) {
                                  c.rope.interleaved = false;
                                  c.qkv_bias = true;
                                }},
                         Family{"Qwen3",
                                [](models::DecoderConfig& c) {
                                  c.rope.interleaved = false;
                                  c.qk_norm = true;
                                  c.tied = false;
                                }},
                         Family{"Mistral", [](models::DecoderConfig& c) { c.sliding_window = 3; }},
                         Family{"SmolLM3",
                                [](models::DecoderConfig& c) {
                                  c.unrotated_layers = {false, true};
                                }},
                         Family{"LlamaWithBiases",
                                [](models::DecoderConfig& c) {
                                  c.qkv_bias = c.output_bias = c.mlp_bias = true;
                                  c.rope.rotary_dim = 4;
                                }},
                         Family{"LlamaWithAdapters", nullptr, 3});
}

// hidden_loss.h, times the tokens, in the mean over the layers.
inline double hidden_loss_of(const std::vector<ReferenceDecoder::Matrix>& student,
                             const std::vector<ReferenceDecoder::Matrix>& teacher) {
  double sum = 0;
  const std::size_t tokens = teacher[0].size(), dim = teacher[0][0].size();
  for (std::size_t layer = 0; layer < teacher.size(); ++layer) {
    for (std::size_t c = 0; c < dim; ++c) {
      double differences = 0, squares = 0;
      for (std::size_t t = 0; t < tokens; ++t) {
        const double y = teacher[layer][t][c], d = student[layer][t][c] - y;
        differences += d * d;
        squares += y * y;
      }
      sum += differences / squares;
    }
  }
  return sum * static_cast<double>(tokens) / static_cast<double>(dim * teacher.size());
}

// found and gradients: of the divergence of student from teacher on tokens; gradients also of
// `hidden` times the distance of the hidden states.
inline void expect_divergence(double found, Parameters& gradients, const Parameters& student,
                              const Parameters& teacher, std::span<const std::int32_t> tokens,
                              double hidden = 0) {
  ReferenceDecoder reference(student, random_length);
  std::vector<ReferenceDecoder::Matrix> taught_states;
  const auto taught = ReferenceDecoder(teacher, random_length).logits(tokens, &taught_states);
  const auto divergence = [&] { return divergence_of(reference.logits(tokens), taught); };
  EXPECT_NEAR(found, divergence(), 1e-5 * divergence());
  expect_gradients(gradients, reference, [&] {
    std::vector<ReferenceDecoder::Matrix> states;
    const double loss = divergence_of(reference.logits(tokens, &states), taught);
    return loss + hidden * hidden_loss_of(states, taught_states);
  });
}

// The same of the cross-entropy of the labels.
inline void expect_cross_entropy(double found, Parameters& gradients, const Parameters& model,
                                 std::span<const std::int32_t> tokens,
                                 std::span<const std::int32_t> labels) {
  ReferenceDecoder reference(model, random_length);
  const auto loss = [&] { return cross_entropy_of(reference.logits(tokens), labels); };
  EXPECT_NEAR(found, loss(), 1e-5 * loss());
  expect_gradients(gradients, reference, loss);
}

inline std::vector<float> values_of(Parameters gradients) {
  std::vector<float> values;
  for_each(gradients, [&](const ParameterView& view) {
    values.insert(values.end(), view.values.begin(), view.values.end());
  });
  return values;
}

// What the last token of a window says of the next one is not counted.
inline std::vector<std::int32_t> labels_of(const std::vector<std::int32_t>& tokens) {
  std::vector<std::int32_t> labels(tokens.begin() + 1, tokens.end());
  labels.push_back(-1);
  labels[random_length - 1] = -1;
  return labels;
}

}  // namespace nybble::gradients
