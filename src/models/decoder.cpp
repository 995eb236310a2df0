#include "models/decoder.h"

#include "base/error.h"

namespace nybble::models {

void check_tokens(std::span<const std::int32_t> tokens, const DecoderConfig& config) {
  for (const std::int32_t token : tokens) {
    if (token < 0 || token >= config.vocab) {
      fail(ErrorKind::invalid_input, "token {} is outside the model's vocabulary of {}", token,
           config.vocab);
    }
  }
}

Decoder::Decoder(backend::Backend& backend, const ModelSource& source)
    : backend_(backend), config_(source.config) {
  for (int layer = 0; layer < config_.layers; ++layer) layers_.emplace_back(backend, source, layer);
  embedding_ = upload_linear(backend, source, "token_embd").weight;
  output_norm_ = upload_vector(backend, source, "output_norm.weight");
  if (!config_.tied) head_ = upload_linear(backend, source, "output");
}

std::size_t Decoder::weight_bytes() const {
  std::size_t bytes = embedding_->bytes() + head_.weight_bytes();
  for (const DecoderLayer& layer : layers_) bytes += layer.weight_bytes();
  return bytes;
}

void Decoder::run(std::span<const std::int32_t> tokens, int position, DecoderState& state) const {
  check_tokens(tokens, config_);
  const int n = static_cast<int>(tokens.size());
  state.set_positions(backend_, position, n);
  backend_.embed({.embedding = embedding_.get(), .tokens = tokens, .out = state.x.data()});
  for (int layer = 0; layer < config_.layers; ++layer) {
    layers_[static_cast<std::size_t>(layer)].run(backend_, config_, n, position, layer, state);
  }
}

void Decoder::logits(int first, int n, DecoderState& state, std::span<float> out) const {
  const std::size_t offset =
      static_cast<std::size_t>(first) * static_cast<std::size_t>(config_.dim);
  backend_.logits({.tokens = n,
                   .dim = config_.dim,
                   .x = state.x.data() + offset,
                   .norm = {output_norm_.data(), config_.rms_epsilon},
                   .head = config_.tied ? backend::Linear{embedding_.get(), nullptr} : head_.view(),
                   .out = state.logits.data()});
  backend_.read(state.logits.data(), out);
}

}  // namespace nybble::models
