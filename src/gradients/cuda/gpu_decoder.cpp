#include "gradients/cuda/gpu_decoder.h"

#include "gradients/rotation.h"

namespace nybble::gradients::gpu {
namespace {

// null for what is empty: not wanted.
float* values_of(DeviceFloats& gradient) {
  return gradient.empty() ? nullptr : gradient.data();
}

}  // namespace

void LayerTrace::resize(const models::DecoderConfig& c, std::size_t tokens) {
  const auto floats = [&](DeviceFloats& values, int cols) {
    values.resize(tokens * static_cast<std::size_t>(cols));
  };
  for (DeviceFloats* values : {&attention_input, &middle, &feed_forward_input, &added})
    floats(*values, c.dim);
  for (DeviceFloats* values : {&q, &attended}) floats(*values, c.heads * c.head_dim);
  for (DeviceFloats* values : {&k, &v}) floats(*values, c.kv_heads * c.head_dim);
  if (c.qk_norm) {
    floats(plain_q, c.heads * c.head_dim);
    floats(plain_k, c.kv_heads * c.head_dim);
  }
  for (DeviceFloats* values : {&gate, &up, &activated}) floats(*values, c.hidden);
}

Decoder::Decoder(const Parameters& parameters, int length, const Products& products,
                 Transfer& transfer)
    : config_(parameters.config),
      length_(length),
      transfer_(transfer),
      weights_(parameters),
      attention_(products),
      workspace_{products, {}, {}, {}},
      residuals_(parameters.layers.size() + 1) {
  const Angles angles(config_, length);
  cos_.upload(angles.cos);
  sin_.upload(angles.sin);
  rotation_ = {cos_.data(), sin_.data(), angles.rotary_dim / 2, length, angles.interleaved};
  load(parameters, [](std::size_t) { return true; });
}

void Decoder::load(const Parameters& parameters, const std::function<bool(std::size_t)>& changes) {
  std::size_t i = 0;
  Copies copies;
  for_both(parameters, weights_, [&](const std::vector<float>& values, DeviceFloats& array) {
    if (changes(i++)) copies.add(values.data(), array.data(), values.size());
  });
  transfer_.upload(copies);
}

AttentionShape Decoder::shape_of(int layer) const {
  return attention_shape(config_, layer, tokens() / length_, length_);
}

Rows Decoder::rows_of(const DeviceFloats& values) const {
  return {values.data(), tokens(), static_cast<int>(values.size() / tokens_.size())};
}

void Decoder::forth(std::span<const std::int32_t> tokens) {
  tokens_.upload(tokens);
  trace_.resize(config_, tokens.size());
  const std::size_t floats = tokens.size() * static_cast<std::size_t>(config_.dim);
  for (DeviceFloats& residual : residuals_) residual.resize(floats);
  embed(weights_.embedding.data(), tokens_.data(), this->tokens(), config_.dim,
        residuals_[0].data());
  for (int i = 0; i < config_.layers; ++i) run_layer(i);
}

// Between the linear and attention: the norm of each head, then the rotation.
void Decoder::run_heads(const DeviceFloats& norm, int heads, bool rotates, DeviceFloats& values,
                        DeviceFloats& plain) {
  if (!norm.empty()) {
    std::swap(values, plain);
    normalize({plain.data(), tokens() * heads, config_.head_dim}, norm.data(), config_.rms_epsilon,
              values.data());
  }
  if (rotates) rotate(rotation_, false, tokens(), heads, config_.head_dim, values.data());
}

void Decoder::run_heads_back(const DeviceFloats& norm, int heads, bool rotates,
                             DeviceFloats& d_values, const DeviceFloats& plain,
                             DeviceFloats& d_norm) {
  if (rotates) rotate(rotation_, true, tokens(), heads, config_.head_dim, d_values.data());
  if (norm.empty()) return;
  normalize_back({plain.data(), tokens() * heads, config_.head_dim}, norm.data(),
                 config_.rms_epsilon, d_values.data(), false, d_values.data(), values_of(d_norm),
                 workspace_.norms);
}

// residuals_[index + 1] becomes what the layer makes of residuals_[index].
void Decoder::run_layer(int index) {
  const auto i = static_cast<std::size_t>(index);
  const DeviceLayer& layer = weights_.layers[i];
  LayerTrace& t = trace_;
  DeviceFloats& x = residuals_[i + 1];
  const auto n = static_cast<std::int64_t>(x.size());
  check(cudaMemcpyAsync(x.data(), residuals_[i].data(), x.size() * sizeof(float),
                        cudaMemcpyDeviceToDevice),
        "copying on the GPU");
  normalize(rows_of(x), layer.attention_norm.data(), config_.rms_epsilon, t.attention_input.data());
  const Rows input = rows_of(t.attention_input);
  run(layer.q, input, t.q.data(), workspace_);
  run(layer.k, input, t.k.data(), workspace_);
  run(layer.v, input, t.v.data(), workspace_);
  run_heads(layer.q_norm, config_.heads, config_.rotates(index), t.q, t.plain_q);
  run_heads(layer.k_norm, config_.kv_heads, config_.rotates(index), t.k, t.plain_k);
  attention_.forth(shape_of(index), t.q, t.k, t.v, t.attended);
  run(layer.output, rows_of(t.attended), t.middle.data(), workspace_);
  add(t.middle.data(), x.data(), n);

  normalize(rows_of(x), layer.feed_forward_norm.data(), config_.rms_epsilon,
            t.feed_forward_input.data());
  const Rows normed = rows_of(t.feed_forward_input);
  run(layer.gate, normed, t.gate.data(), workspace_);
  run(layer.up, normed, t.up.data(), workspace_);
  gate_multiply(t.gate.data(), t.up.data(), static_cast<std::int64_t>(t.gate.size()),
                t.activated.data());
  run(layer.down, rows_of(t.activated), t.added.data(), workspace_);
  add(t.added.data(), x.data(), n);
}

// d_x_ is the gradient behind the layer; becomes that by the residual in its middle.
void Decoder::feed_forward_back(const DeviceLayer& layer, DeviceLayer& gradient) {
  LayerTrace& t = trace_;
  d_activated_.resize(t.activated.size());
  d_activated_.clear();
  d_input_.resize(t.feed_forward_input.size());
  d_input_.clear();
  run_back(layer.down, rows_of(t.activated), rows_of(d_x_), d_activated_.data(), gradient.down,
           workspace_);
  gate_multiply_back(d_activated_.data(), static_cast<std::int64_t>(d_activated_.size()),
                     t.gate.data(), t.up.data());
  const Rows input = rows_of(t.feed_forward_input);
  run_back(layer.gate, input, rows_of(t.gate), d_input_.data(), gradient.gate, workspace_);
  run_back(layer.up, input, rows_of(t.up), d_input_.data(), gradient.up, workspace_);
  normalize_back(rows_of(t.middle), layer.feed_forward_norm.data(), config_.rms_epsilon,
                 d_input_.data(), true, d_x_.data(), values_of(gradient.feed_forward_norm),
                 workspace_.norms);
}

void Decoder::attention_back(int index, DeviceLayer& gradient) {
  const auto i = static_cast<std::size_t>(index);
  const DeviceLayer& layer = weights_.layers[i];
  LayerTrace& t = trace_;
  d_attended_.resize(t.attended.size());
  d_attended_.clear();
  d_input_.resize(t.attention_input.size());
  d_input_.clear();
  dq_.resize(t.q.size());
  dk_.resize(t.k.size());
  dv_.resize(t.v.size());
  run_back(layer.output, rows_of(t.attended), rows_of(d_x_), d_attended_.data(), gradient.output,
           workspace_);
  attention_.back(shape_of(index), d_attended_, dq_, dk_, dv_);
  const bool rotates = config_.rotates(index);
  run_heads_back(layer.q_norm, config_.heads, rotates, dq_, t.plain_q, gradient.q_norm);
  run_heads_back(layer.k_norm, config_.kv_heads, rotates, dk_, t.plain_k, gradient.k_norm);
  const Rows input = rows_of(t.attention_input);
  run_back(layer.q, input, rows_of(dq_), d_input_.data(), gradient.q, workspace_);
  run_back(layer.k, input, rows_of(dk_), d_input_.data(), gradient.k, workspace_);
  run_back(layer.v, input, rows_of(dv_), d_input_.data(), gradient.v, workspace_);
  normalize_back(rows_of(residuals_[i]), layer.attention_norm.data(), config_.rms_epsilon,
                 d_input_.data(), true, d_x_.data(), values_of(gradient.attention_norm),
                 workspace_.norms);
}

void Decoder::back(DeviceParameters& gradients, const HiddenTarget& hidden) {
  for (int i = config_.layers; i-- > 0;) {
    const auto index = static_cast<std::size_t>(i);
    run_layer(i);
    if (hidden.factor > 0) {
      add_hidden_gradient(
          rows_of(residuals_[index + 1]), hidden.teacher->residuals_[index + 1].data(),
          hidden.factor / static_cast<float>(config_.layers), d_x_.data(), channel_weights_);
    }
    feed_forward_back(weights_.layers[index], gradients.layers[index]);
    attention_back(i, gradients.layers[index]);
  }
}

DeviceFloats& Decoder::logits(int first, int n) {
  const auto dim = static_cast<std::size_t>(config_.dim), rows = static_cast<std::size_t>(n);
  normed_.resize(rows * dim);
  logits_.resize(rows * static_cast<std::size_t>(config_.vocab));
  const Rows x{residuals_.back().data() + static_cast<std::ptrdiff_t>(first) * config_.dim, n,
               config_.dim};
  normalize(x, weights_.output_norm.data(), config_.rms_epsilon, normed_.data());
  const Rows normed{normed_.data(), n, config_.dim};
  if (config_.tied) {
    multiply(workspace_.products, normed, weights_.embedding.data(), config_.vocab, logits_.data());
  } else {
    run(weights_.head, normed, logits_.data(), workspace_);
  }
  return logits_;
}

void Decoder::logits_back(int first, int n, DeviceParameters& gradients) {
  d_x_.resize(residuals_.back().size());
  d_normed_.resize(normed_.size());
  d_normed_.clear();
  const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(first) * config_.dim;
  const Rows x{residuals_.back().data() + at, n, config_.dim};
  const Rows normed{normed_.data(), n, config_.dim}, d_logits{logits_.data(), n, config_.vocab};
  if (config_.tied) {
    multiply_back(workspace_.products, d_logits, weights_.embedding.data(), config_.dim,
                  d_normed_.data());
    add_outer(workspace_.products, d_logits, normed, 1, gradients.embedding);
  } else {
    run_back(weights_.head, normed, d_logits, d_normed_.data(), gradients.head, workspace_);
  }
  normalize_back(x, weights_.output_norm.data(), config_.rms_epsilon, d_normed_.data(), false,
                 d_x_.data() + at, values_of(gradients.output_norm), workspace_.norms);
}

}  // namespace nybble::gradients::gpu
