// The parameters of a decoder as floats in host memory, and gradients by them in the same shape.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "models/model_source.h"

namespace nybble::gradients {

// [rows, cols], row-major. Empty: not there, or, among gradients, not wanted.
struct Matrix {
  int rows = 0, cols = 0;
  std::vector<float> values;

  Matrix() = default;
  Matrix(int r, int c)
      : rows(r), cols(c), values(static_cast<std::size_t>(r) * static_cast<std::size_t>(c)) {}
  bool empty() const { return values.empty(); }
  float* row(int r) {
    return values.data() + static_cast<std::size_t>(r) * static_cast<std::size_t>(cols);
  }
  const float* row(int r) const {
    return values.data() + static_cast<std::size_t>(r) * static_cast<std::size_t>(cols);
  }
};

// y = weight x + bias + adapter_scale * up (down x).
struct Linear {
  Matrix weight;
  std::vector<float> bias;  // [rows]; empty: none
  Matrix down, up;          // a low-rank adapter: [rank, cols], [rows, rank]; empty: none
  float adapter_scale = 1;
};

struct Layer {
  std::vector<float> attention_norm, feed_forward_norm;  // [dim]
  std::vector<float> q_norm, k_norm;                     // [head_dim]; empty: none
  Linear q, k, v, output, gate, up, down;
};

struct Parameters {
  models::DecoderConfig config;
  Matrix embedding;  // [vocab, dim]
  std::vector<Layer> layers;
  std::vector<float> output_norm;
  Linear head;  // empty when the head is the embedding
};

// One tensor of the parameters, by its name in GGUF; adapters are "blk.0.attn_q.lora_a" (down) and
// "...lora_b" (up).
struct ParameterView {
  std::string name;
  std::vector<float>& values;
  int rows = 1, cols = 0;
};
// All that are not empty, in a fixed order.
void for_each(Parameters& parameters, const std::function<void(const ParameterView&)>& visit);

// Decodes all tensors. Throws Error(invalid_input) for a tensor that is missing.
Parameters load_parameters(const models::ModelSource& source, ThreadPool& pool);
// Zeros for those tensors that `wanted` says yes to; the others are empty.
Parameters zero_gradients(const Parameters& parameters,
                          const std::function<bool(const ParameterView&)>& wanted);

}  // namespace nybble::gradients
