// The decoder in double precision, written plainly: the specification that tests hold gradients to,
// by finite differences. Tensors are those of Parameters, by name.
#pragma once

#include <cmath>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "gradients/parameters.h"
#include "gradients/rotation.h"

namespace nybble::gradients {

class ReferenceDecoder {
 public:
  using Row = std::vector<double>;
  using Matrix = std::vector<Row>;

  ReferenceDecoder(const Parameters& parameters, int length)
      : config_(parameters.config), length_(length), angles_(parameters.config, length) {
    Parameters copy = parameters;
    for_each(copy, [&](const ParameterView& view) {
      tensors[view.name] = {view.rows, view.cols, Row(view.values.begin(), view.values.end())};
    });
    for (const Layer& layer : parameters.layers) adapter_scale_ = layer.q.adapter_scale;
  }

  struct Tensor {
    int rows = 0, cols = 0;
    Row values;
  };
  std::map<std::string, Tensor> tensors;  // may be changed between runs

  // Logits of whole windows. hidden: if not null, gets the residual stream behind each layer.
  Matrix logits(std::span<const std::int32_t> tokens, std::vector<Matrix>* hidden = nullptr) const {
    Matrix x;
    for (const std::int32_t token : tokens) {
      const Tensor& embedding = tensors.at("token_embd.weight");
      const auto first = embedding.values.begin() + std::ptrdiff_t{token} * embedding.cols;
      x.emplace_back(first, first + embedding.cols);
    }
    for (int layer = 0; layer < config_.layers; ++layer) {
      run_layer(layer, x);
      if (hidden != nullptr) hidden->push_back(x);
    }
    for (Row& row : x) row = norm("output_norm.weight", row);
    for (Row& row : x)
      row = config_.tied ? product("token_embd.weight", row) : linear("output", row);
    return x;
  }

 private:
  Row product(const std::string& name, const Row& x) const {
    const Tensor& w = tensors.at(name);
    Row y(static_cast<std::size_t>(w.rows));
    for (std::size_t r = 0; r < y.size(); ++r)
      for (std::size_t c = 0; c < x.size(); ++c) y[r] += w.values[r * x.size() + c] * x[c];
    return y;
  }
  static void add(double factor, const Row& from, Row& to) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * from[i];
  }
  Row linear(const std::string& name, const Row& x) const {
    Row y = product(name + ".weight", x);
    if (tensors.contains(name + ".bias")) add(1, tensors.at(name + ".bias").values, y);
    if (tensors.contains(name + ".lora_a"))
      add(adapter_scale_, product(name + ".lora_b", product(name + ".lora_a", x)), y);
    return y;
  }
  Row norm(const std::string& name, const Row& x) const {
    double squares = 0;
    for (const double value : x) squares += value * value;
    const double rms = std::sqrt(squares / static_cast<double>(x.size()) + config_.rms_epsilon);
    Row y;
    for (std::size_t i = 0; i < x.size(); ++i) y.push_back(x[i] / rms * tensors.at(name).values[i]);
    return y;
  }
  // The heads of one token, [heads][head_dim].
  Matrix heads_of(const std::string& part, int layer, const Row& x, std::size_t t) const {
    const std::string prefix = "blk." + std::to_string(layer) + ".attn_" + part;
    const Row flat = linear(prefix, x);
    const auto size = static_cast<std::size_t>(config_.head_dim);
    Matrix heads;
    for (std::size_t first = 0; first < flat.size(); first += size) {
      heads.emplace_back(&flat[first], &flat[first] + size);
      if (tensors.contains(prefix + "_norm.weight"))
        heads.back() = norm(prefix + "_norm.weight", heads.back());
      if (part != "v" && config_.rotates(layer)) turn(heads.back(), t);
    }
    return heads;
  }
  void turn(Row& head, std::size_t t) const {
    const auto half = static_cast<std::size_t>(angles_.rotary_dim / 2);
    const std::size_t position = t % static_cast<std::size_t>(length_);
    for (std::size_t i = 0; i < half; ++i) {
      const std::size_t a = angles_.interleaved ? 2 * i : i;
      const std::size_t b = angles_.interleaved ? 2 * i + 1 : i + half;
      const double cos = angles_.cos[position * half + i], sin = angles_.sin[position * half + i];
      const double first = head[a];
      head[a] = first * cos - head[b] * sin;
      head[b] = first * sin + head[b] * cos;
    }
  }
  // What a query sees of the keys and values [tokens][heads] from `first` on.
  Row attend(const Row& q, const std::vector<Matrix>& k, const std::vector<Matrix>& v,
             std::size_t head, std::size_t first, std::size_t t) const {
    Row weights, out(q.size());
    double sum = 0;
    for (std::size_t j = first; j <= t; ++j) {
      double score = 0;
      for (std::size_t d = 0; d < q.size(); ++d) score += q[d] * k[j][head][d];
      weights.push_back(std::exp(score / std::sqrt(static_cast<double>(q.size()))));
      sum += weights.back();
    }
    for (std::size_t j = first; j <= t; ++j) add(weights[j - first] / sum, v[j][head], out);
    return out;
  }
  void attention(int layer, Matrix& x) const {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    std::vector<Matrix> q, k, v;
    for (std::size_t t = 0; t < x.size(); ++t) {
      const Row n = norm(prefix + "attn_norm.weight", x[t]);
      q.push_back(heads_of("q", layer, n, t));
      k.push_back(heads_of("k", layer, n, t));
      v.push_back(heads_of("v", layer, n, t));
    }
    const auto length = static_cast<std::size_t>(length_);
    const auto reach = static_cast<std::size_t>(config_.window_of(layer));
    const auto group = static_cast<std::size_t>(config_.heads / config_.kv_heads);
    for (std::size_t t = 0; t < x.size(); ++t) {
      std::size_t first = t / length * length;
      if (reach > 0 && t + 1 > reach) first = std::max(first, t + 1 - reach);
      Row out;
      for (std::size_t h = 0; h < q[t].size(); ++h) {
        const Row head = attend(q[t][h], k, v, h / group, first, t);
        out.insert(out.end(), head.begin(), head.end());
      }
      add(1, linear(prefix + "attn_output", out), x[t]);
    }
  }
  void run_layer(int layer, Matrix& x) const {
    attention(layer, x);
    const std::string prefix = "blk." + std::to_string(layer) + ".ffn_";
    for (Row& row : x) {
      const Row n = norm(prefix + "norm.weight", row);
      Row gate = linear(prefix + "gate", n);
      const Row up = linear(prefix + "up", n);
      for (std::size_t i = 0; i < gate.size(); ++i) gate[i] *= up[i] / (1 + std::exp(-gate[i]));
      add(1, linear(prefix + "down", gate), row);
    }
  }

  models::DecoderConfig config_;
  int length_;
  Angles angles_;
  double adapter_scale_ = 1;
};

}  // namespace nybble::gradients
