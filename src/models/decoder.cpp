#include "models/decoder.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"

namespace nybble::models {
namespace {

backend::KvCacheShape cache_shape(const DecoderConfig& config, int context) {
  return {config.layers, config.kv_heads, config.head_dim, context};
}

std::size_t product(int a, int b) {
  return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

}  // namespace

DecoderState::DecoderState(backend::Backend& backend, const DecoderConfig& config, int context,
                           int batch, int head_batch)
    : cache_(backend.make_kv_cache(cache_shape(config, context))),
      rope_(rope_frequencies(config.rope, context)),
      x_(backend.allocate(product(batch, config.dim))),
      q_(backend.allocate(product(batch, config.heads * config.head_dim))),
      attended_(backend.allocate(product(batch, config.heads * config.head_dim))),
      cos_(backend.allocate(product(batch, config.rope.rotary_dim / 2))),
      sin_(backend.allocate(product(batch, config.rope.rotary_dim / 2))),
      logits_(backend.allocate(product(head_batch, config.vocab))),
      host_cos_(cos_.size()),
      host_sin_(sin_.size()) {}

std::size_t DecoderState::bytes_needed(const backend::Backend& backend, const DecoderConfig& config,
                                       int context, int batch, int head_batch) {
  // Twice the widths below: the backend keeps inputs and outputs of a step.
  const int width = 2 * (config.dim + 2 * config.heads * config.head_dim + config.rope.rotary_dim +
                         config.hidden);
  return backend.kv_cache_bytes(cache_shape(config, context)) +
         sizeof(float) * (product(batch, width) + product(head_batch, config.vocab));
}

Decoder::Decoder(backend::Backend& backend, const ModelSource& source)
    : backend_(backend), config_(source.config) {
  for (int layer = 0; layer < config_.layers; ++layer)
    layers_.push_back(upload_layer(source, layer));
  embedding_ = upload_linear(source, "token_embd").weight;
  output_norm_ = upload_vector(source, "output_norm.weight");
  if (!config_.tied) head_ = upload_linear(source, "output");
}

backend::Buffer Decoder::upload_vector(const ModelSource& source, const std::string& name) const {
  const SourceTensor* tensor = source.find(name);
  if (tensor == nullptr) return {};
  std::vector<float> values(static_cast<std::size_t>(tensor->shape.count()));
  tensor->decode_rows(0, tensor->shape.rows(), values.data());
  backend::Buffer buffer = backend_.allocate(values.size());
  backend_.write(buffer.data(), values);
  return buffer;
}

Decoder::UploadedLinear Decoder::upload_linear(const ModelSource& source,
                                               const std::string& name) const {
  const SourceTensor* tensor = source.find(name + ".weight");
  if (tensor == nullptr)
    fail(ErrorKind::invalid_input, "the model has no tensor '{}.weight'", name);
  UploadedLinear linear;
  linear.weight =
      backend_.upload({tensor->name, tensor->format, tensor->shape.rows(), tensor->shape.cols(),
                       [tensor](std::int64_t row) { return tensor->row(row); }});
  linear.bias = upload_vector(source, name + ".bias");
  return linear;
}

Decoder::Layer Decoder::upload_layer(const ModelSource& source, int layer) const {
  const auto name = [&](std::string_view part) { return fmt::format("blk.{}.{}", layer, part); };
  Layer result;
  result.attention_norm = upload_vector(source, name("attn_norm.weight"));
  result.q = upload_linear(source, name("attn_q"));
  result.k = upload_linear(source, name("attn_k"));
  result.v = upload_linear(source, name("attn_v"));
  result.q_norm = upload_vector(source, name("attn_q_norm.weight"));
  result.k_norm = upload_vector(source, name("attn_k_norm.weight"));
  result.output = upload_linear(source, name("attn_output"));
  result.feed_forward_norm = upload_vector(source, name("ffn_norm.weight"));
  result.gate = upload_linear(source, name("ffn_gate"));
  result.up = upload_linear(source, name("ffn_up"));
  result.down = upload_linear(source, name("ffn_down"));
  return result;
}

std::size_t Decoder::weight_bytes() const {
  std::size_t bytes = embedding_->bytes() + (head_.weight == nullptr ? 0 : head_.weight->bytes());
  for (const Layer& layer : layers_) {
    for (const UploadedLinear* linear :
         {&layer.q, &layer.k, &layer.v, &layer.output, &layer.gate, &layer.up, &layer.down}) {
      bytes += linear->weight->bytes();
    }
  }
  return bytes;
}

backend::RopeAngles Decoder::angles(const DecoderState& state, int layer) const {
  if (!config_.rotates(layer)) return {};
  return {state.cos_.data(), state.sin_.data(), config_.rope.rotary_dim, config_.rope.interleaved};
}

void Decoder::run(std::span<const std::int32_t> tokens, int position, DecoderState& state,
                  const DecoderTap& tap) const {
  for (const std::int32_t token : tokens) {
    if (token < 0 || token >= config_.vocab) {
      fail(ErrorKind::invalid_input, "token {} is outside the model's vocabulary of {}", token,
           config_.vocab);
    }
  }
  const int n = static_cast<int>(tokens.size());
  rope_angles(state.rope_, position, n, state.host_cos_, state.host_sin_);
  backend_.write(state.cos_.data(), state.host_cos_);
  backend_.write(state.sin_.data(), state.host_sin_);
  backend_.embed({.embedding = embedding_.get(), .tokens = tokens, .out = state.x_.data()});
  for (int layer = 0; layer < config_.layers; ++layer) {
    const backend::Tap layer_tap = tap_of_layer(tap, layer);
    run_layer(layer, n, position, state, tap ? &layer_tap : nullptr);
  }
}

void Decoder::run_layer(int index, int tokens, int position, DecoderState& state,
                        const backend::Tap* tap) const {
  const Layer& layer = layers_[static_cast<std::size_t>(index)];
  const backend::HeadShape shape{config_.heads, config_.kv_heads, config_.head_dim};
  backend_.attention_inputs({.tokens = tokens,
                             .position = position,
                             .layer = index,
                             .shape = shape,
                             .x = state.x_.data(),
                             .norm = norm(layer.attention_norm),
                             .q = layer.q.view(),
                             .k = layer.k.view(),
                             .v = layer.v.view(),
                             .q_norm = norm(layer.q_norm),
                             .k_norm = norm(layer.k_norm),
                             .rope = angles(state, index),
                             .q_out = state.q_.data(),
                             .cache = state.cache_.get(),
                             .tap = tap});
  backend_.attention({.tokens = tokens,
                      .position = position,
                      .layer = index,
                      .shape = shape,
                      .scale = 1 / std::sqrt(static_cast<float>(config_.head_dim)),
                      .window = config_.window_of(index),
                      .q = state.q_.data(),
                      .cache = state.cache_.get(),
                      .out = state.attended_.data()});
  backend_.project_add({.tokens = tokens,
                        .x = state.attended_.data(),
                        .linear = layer.output.view(),
                        .residual = state.x_.data(),
                        .tap = tap});
  backend_.feed_forward({.tokens = tokens,
                         .residual = state.x_.data(),
                         .norm = norm(layer.feed_forward_norm),
                         .gate = layer.gate.view(),
                         .up = layer.up.view(),
                         .down = layer.down.view(),
                         .tap = tap});
}

backend::Tap Decoder::tap_of_layer(const DecoderTap& tap, int layer) const {
  if (!tap) return {};
  return [&tap, layer](backend::TapPoint point, const float* x, int rows, std::int64_t cols) {
    tap(layer, point, x, rows, cols);
  };
}

backend::LogitsStep Decoder::head_step(int first, int n, const DecoderState& state) const {
  return {.tokens = n,
          .x = state.x_.data() + product(first, config_.dim),
          .norm = norm(output_norm_),
          .head = config_.tied ? backend::Linear{embedding_.get(), nullptr} : head_.view()};
}

void Decoder::logits(int first, int n, DecoderState& state, std::span<float> out,
                     const DecoderTap& tap) const {
  const backend::Tap head_tap = tap_of_layer(tap, config_.layers - 1);
  backend::LogitsStep step = head_step(first, n, state);
  step.out = state.logits_.data();
  step.tap = tap ? &head_tap : nullptr;
  backend_.logits(step);
  backend_.read(state.logits_.data(), out);
}

void Decoder::observe_head(int n, DecoderState& state, const DecoderTap& tap) const {
  const backend::Tap head_tap = tap_of_layer(tap, config_.layers - 1);
  backend::LogitsStep step = head_step(0, n, state);
  step.tap = &head_tap;
  backend_.logits(step);
}

}  // namespace nybble::models
