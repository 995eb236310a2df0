// The forward pass of all ordinary decoders, written once from the fused steps of a backend.
#pragma once

#include <span>
#include <vector>

#include "models/decoder_layer.h"

namespace nybble::models {

// Throws Error(invalid_input) for a token outside the vocabulary.
void check_tokens(std::span<const std::int32_t> tokens, const DecoderConfig& config);

// Weights on a backend. Immutable; the backend is used from one thread at a time.
class Decoder {
 public:
  Decoder(backend::Backend& backend, const ModelSource& source);

  const DecoderConfig& config() const { return config_; }
  std::size_t weight_bytes() const;
  // Runs tokens at positions [position, position + n) through all layers. Throws as check_tokens()
  // does. The caller makes sure that batch and context hold them.
  void run(std::span<const std::int32_t> tokens, int position, DecoderState& state) const;
  // Logits of tokens [first, first + n) of the last run(), to out [n, vocab].
  void logits(int first, int n, DecoderState& state, std::span<float> out) const;

 private:
  backend::Backend& backend_;
  DecoderConfig config_;
  std::vector<DecoderLayer> layers_;
  std::unique_ptr<backend::Weight> embedding_;
  backend::Buffer output_norm_;
  UploadedLinear head_;  // without a weight when the head is the embedding
};

}  // namespace nybble::models
