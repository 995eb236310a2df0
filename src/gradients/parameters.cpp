#include "gradients/parameters.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace nybble::gradients {
namespace {

using Visit = std::function<void(const ParameterView&)>;

void visit_matrix(const std::string& name, Matrix& matrix, const Visit& visit) {
  if (!matrix.empty()) visit({name, matrix.values, matrix.rows, matrix.cols});
}

void visit_vector(const std::string& name, std::vector<float>& values, const Visit& visit) {
  if (!values.empty()) visit({name, values, 1, static_cast<int>(values.size())});
}

void visit_linear(const std::string& name, Linear& linear, const Visit& visit) {
  visit_matrix(name + ".weight", linear.weight, visit);
  visit_vector(name + ".bias", linear.bias, visit);
  visit_matrix(name + ".lora_a", linear.down, visit);
  visit_matrix(name + ".lora_b", linear.up, visit);
}

void visit_layer(const std::string& prefix, Layer& layer, const Visit& visit) {
  visit_vector(prefix + "attn_norm.weight", layer.attention_norm, visit);
  visit_linear(prefix + "attn_q", layer.q, visit);
  visit_linear(prefix + "attn_k", layer.k, visit);
  visit_linear(prefix + "attn_v", layer.v, visit);
  visit_vector(prefix + "attn_q_norm.weight", layer.q_norm, visit);
  visit_vector(prefix + "attn_k_norm.weight", layer.k_norm, visit);
  visit_linear(prefix + "attn_output", layer.output, visit);
  visit_vector(prefix + "ffn_norm.weight", layer.feed_forward_norm, visit);
  visit_linear(prefix + "ffn_gate", layer.gate, visit);
  visit_linear(prefix + "ffn_up", layer.up, visit);
  visit_linear(prefix + "ffn_down", layer.down, visit);
}

std::vector<float> load_vector(const models::ModelSource& source, const std::string& name) {
  const models::SourceTensor* tensor = source.find(name);
  if (tensor == nullptr) return {};
  std::vector<float> values(static_cast<std::size_t>(tensor->shape.count()));
  tensor->decode_rows(0, tensor->shape.rows(), values.data());
  return values;
}

Matrix load_matrix(const models::ModelSource& source, const std::string& name, ThreadPool& pool) {
  const models::SourceTensor* tensor = source.find(name);
  if (tensor == nullptr) fail(ErrorKind::invalid_input, "the model has no tensor '{}'", name);
  Matrix matrix(static_cast<int>(tensor->shape.rows()), static_cast<int>(tensor->shape.cols()));
  constexpr int step = 64;
  pool.run((matrix.rows + step - 1) / step, [&](std::int64_t piece, int) {
    const std::int64_t first = piece * step;
    tensor->decode_rows(first, std::min<std::int64_t>(step, matrix.rows - first),
                        matrix.row(static_cast<int>(first)));
  });
  return matrix;
}

Linear load_linear(const models::ModelSource& source, const std::string& name, ThreadPool& pool) {
  Linear linear;
  linear.weight = load_matrix(source, name + ".weight", pool);
  linear.bias = load_vector(source, name + ".bias");
  return linear;
}

Layer load_layer(const models::ModelSource& source, const std::string& prefix, ThreadPool& pool) {
  Layer layer;
  const auto vector = [&](std::string_view part) {
    return load_vector(source, fmt::format("{}{}.weight", prefix, part));
  };
  const auto linear = [&](std::string_view part) {
    return load_linear(source, fmt::format("{}{}", prefix, part), pool);
  };
  layer.attention_norm = vector("attn_norm");
  layer.q = linear("attn_q");
  layer.k = linear("attn_k");
  layer.v = linear("attn_v");
  layer.q_norm = vector("attn_q_norm");
  layer.k_norm = vector("attn_k_norm");
  layer.output = linear("attn_output");
  layer.feed_forward_norm = vector("ffn_norm");
  layer.gate = linear("ffn_gate");
  layer.up = linear("ffn_up");
  layer.down = linear("ffn_down");
  return layer;
}

}  // namespace

void for_each(Parameters& parameters, const Visit& visit) {
  visit_matrix("token_embd.weight", parameters.embedding, visit);
  for (std::size_t i = 0; i < parameters.layers.size(); ++i)
    visit_layer(fmt::format("blk.{}.", i), parameters.layers[i], visit);
  visit_vector("output_norm.weight", parameters.output_norm, visit);
  visit_linear("output", parameters.head, visit);
}

Parameters load_parameters(const models::ModelSource& source, ThreadPool& pool) {
  Parameters parameters;
  parameters.config = source.config;
  parameters.embedding = load_matrix(source, "token_embd.weight", pool);
  for (int i = 0; i < source.config.layers; ++i)
    parameters.layers.push_back(load_layer(source, fmt::format("blk.{}.", i), pool));
  parameters.output_norm = load_vector(source, "output_norm.weight");
  if (!source.config.tied) parameters.head = load_linear(source, "output", pool);
  return parameters;
}

Parameters zero_gradients(const Parameters& parameters,
                          const std::function<bool(const ParameterView&)>& wanted) {
  Parameters gradients = parameters;
  for_each(gradients, [&](const ParameterView& view) {
    if (wanted(view)) {
      std::fill(view.values.begin(), view.values.end(), 0.0f);
    } else {
      view.values = {};
    }
  });
  return gradients;
}

}  // namespace nybble::gradients
