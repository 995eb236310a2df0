#include "models/decoder_layer.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"

namespace nybble::models {
namespace {

// A matrix [rows, cols] of an adapter.
std::unique_ptr<backend::Weight> upload_floats(backend::Backend& backend, const std::string& name,
                                               std::int64_t rows, std::int64_t cols,
                                               std::span<const float> values, float scale) {
  const auto row = [&](std::int64_t r) {
    return std::as_bytes(
        values.subspan(static_cast<std::size_t>(r * cols), static_cast<std::size_t>(cols)));
  };
  return backend.upload({.name = name,
                         .format = id_of<formats::F32>(),
                         .rows = rows,
                         .cols = cols,
                         .row = row,
                         .scale = scale});
}

void upload_low_rank(backend::Backend& backend, const SourceTensor& tensor,
                     UploadedLinear& linear) {
  if (tensor.low_rank == nullptr || tensor.is_merged) return;
  const LowRank& part = *tensor.low_rank;
  linear.low_rank_a =
      upload_floats(backend, part.linear + ".lora_a", part.rank, tensor.shape.cols(), part.a, 1);
  linear.low_rank_b = upload_floats(backend, part.linear + ".lora_b", tensor.shape.rows(),
                                    part.rank, part.b, part.scale);
}

}  // namespace

backend::Buffer upload_vector(backend::Backend& backend, const ModelSource& source,
                              const std::string& name) {
  const SourceTensor* tensor = source.find(name);
  if (tensor == nullptr) return {};
  std::vector<float> values(static_cast<std::size_t>(tensor->shape.count()));
  tensor->decode_rows(0, tensor->shape.rows(), values.data());
  backend::Buffer buffer = backend.allocate(values.size());
  backend.write(buffer.data(), values);
  return buffer;
}

std::size_t UploadedLinear::weight_bytes() const {
  std::size_t bytes = 0;
  for (const auto* part : {&weight, &low_rank_a, &low_rank_b})
    bytes += *part == nullptr ? 0 : (*part)->bytes();
  return bytes;
}

UploadedLinear upload_linear(backend::Backend& backend, const ModelSource& source,
                             const std::string& name) {
  const SourceTensor* tensor = source.find(name + ".weight");
  if (tensor == nullptr)
    fail(ErrorKind::invalid_input, "the model has no tensor '{}.weight'", name);
  UploadedLinear linear;
  const auto changed_row = [tensor](std::int64_t row) {
    thread_local std::vector<float> values;
    values.resize(static_cast<std::size_t>(tensor->shape.cols()));
    tensor->decode_rows(row, 1, values.data());
    return std::as_bytes(std::span(values));
  };
  const auto stored_row = [tensor](std::int64_t row) { return tensor->row(row); };
  backend::WeightSource weight{.name = tensor->name,
                               .format = tensor->format,
                               .rows = tensor->shape.rows(),
                               .cols = tensor->shape.cols(),
                               .row = stored_row,
                               .scale = tensor->scale,
                               .column_order = tensor->column_order(),
                               .activations = tensor->activations,
                               .input_scale = tensor->input_scale,
                               .rows_stay = tensor->rows_stay()};
  if (tensor->is_changed()) {
    weight.format = id_of<formats::F32>();
    weight.row = changed_row;
    weight.scale = 1;
    weight.column_order = {};
  }
  linear.weight = backend.upload(weight);
  if (tensor->packed != nullptr) tensor->forget();
  upload_low_rank(backend, *tensor, linear);
  linear.bias = upload_vector(backend, source, name + ".bias");
  return linear;
}

DecoderLayer::DecoderLayer(backend::Backend& backend, const ModelSource& source, int index)
    : index_(index) {
  const auto name = [&](std::string_view part) { return fmt::format("blk.{}.{}", index, part); };
  const auto vector = [&](std::string_view part) {
    return upload_vector(backend, source, name(part));
  };
  const auto linear = [&](std::string_view part) {
    return upload_linear(backend, source, name(part));
  };
  attention_norm_ = vector("attn_norm.weight");
  q_ = linear("attn_q");
  k_ = linear("attn_k");
  v_ = linear("attn_v");
  q_norm_ = vector("attn_q_norm.weight");
  k_norm_ = vector("attn_k_norm.weight");
  output_ = linear("attn_output");
  feed_forward_norm_ = vector("ffn_norm.weight");
  gate_ = linear("ffn_gate");
  up_ = linear("ffn_up");
  down_ = linear("ffn_down");
}

std::size_t DecoderLayer::weight_bytes() const {
  std::size_t bytes = 0;
  for (const UploadedLinear* linear : {&q_, &k_, &v_, &output_, &gate_, &up_, &down_})
    bytes += linear->weight_bytes();
  return bytes;
}

void DecoderLayer::run(backend::Backend& backend, const DecoderConfig& config, int tokens,
                       int position, int cache_layer, DecoderState& state,
                       const backend::Tap* tap) const {
  const backend::HeadShape shape{config.heads, config.kv_heads, config.head_dim};
  const auto norm = [&](const backend::Buffer& weight) {
    return backend::Norm{weight.data(), config.rms_epsilon};
  };
  const backend::Places places{position, state.timeline_length};
  backend::RopeAngles angles;
  if (config.rotates(index_)) {
    angles = {state.cos.data(), state.sin.data(), config.rope.rotary_dim, config.rope.interleaved};
  }
  backend.attention_inputs({.tokens = tokens,
                            .layer = cache_layer,
                            .places = places,
                            .shape = shape,
                            .x = state.x.data(),
                            .norm = norm(attention_norm_),
                            .q = q_.view(),
                            .k = k_.view(),
                            .v = v_.view(),
                            .q_norm = norm(q_norm_),
                            .k_norm = norm(k_norm_),
                            .rope = angles,
                            .q_out = state.q.data(),
                            .cache = state.cache.get(),
                            .tap = tap});
  backend.attention({.tokens = tokens,
                     .layer = cache_layer,
                     .places = places,
                     .shape = shape,
                     .scale = 1 / std::sqrt(static_cast<float>(config.head_dim)),
                     .window = config.window_of(index_),
                     .q = state.q.data(),
                     .cache = state.cache.get(),
                     .out = state.attended.data()});
  backend.project_add({.tokens = tokens,
                       .x = state.attended.data(),
                       .linear = output_.view(),
                       .residual = state.x.data(),
                       .tap = tap});
  backend.feed_forward({.tokens = tokens,
                        .residual = state.x.data(),
                        .norm = norm(feed_forward_norm_),
                        .gate = gate_.view(),
                        .up = up_.view(),
                        .down = down_.view(),
                        .tap = tap});
}

}  // namespace nybble::models
