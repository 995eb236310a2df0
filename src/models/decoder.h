// The forward pass of all ordinary decoders, written once from the fused steps of a backend.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "models/model_source.h"
#include "models/rope.h"

namespace nybble::models {

// Sees the inputs of linears: x [tokens, cols] at a point of a layer (the last layer for the head).
using DecoderTap = std::function<void(int layer, backend::TapPoint point, const float* x,
                                      int tokens, std::int64_t cols)>;

// What one timeline owns: its cache and the memory that activations pass through.
class DecoderState {
 public:
  // batch: tokens of one run() at most; head_batch: tokens of one logits() at most.
  DecoderState(backend::Backend& backend, const DecoderConfig& config, int context, int batch,
               int head_batch);
  // What the constructor takes from the backend.
  static std::size_t bytes_needed(const backend::Backend& backend, const DecoderConfig& config,
                                  int context, int batch, int head_batch);

 private:
  friend class Decoder;
  std::unique_ptr<backend::KvCache> cache_;
  RopeFrequencies rope_;
  backend::Buffer x_, q_, attended_, cos_, sin_, logits_;
  std::vector<float> host_cos_, host_sin_;
};

// Weights on a backend. Immutable; the backend is used from one thread at a time.
class Decoder {
 public:
  Decoder(backend::Backend& backend, const ModelSource& source);

  const DecoderConfig& config() const { return config_; }
  std::size_t weight_bytes() const;
  // Runs tokens at positions [position, position + n) through all layers. Throws
  // Error(invalid_input) for a token outside the vocabulary. The caller makes sure that batch and
  // context hold them.
  void run(std::span<const std::int32_t> tokens, int position, DecoderState& state,
           const DecoderTap& tap = {}) const;
  // Logits of tokens [first, first + n) of the last run(), to out [n, vocab].
  void logits(int first, int n, DecoderState& state, std::span<float> out,
              const DecoderTap& tap = {}) const;
  // Hands the head's inputs for the first n tokens of the last run() to the tap.
  void observe_head(int n, DecoderState& state, const DecoderTap& tap) const;

 private:
  // A weight and its bias on the backend.
  struct UploadedLinear {
    std::unique_ptr<backend::Weight> weight;
    backend::Buffer bias;
    backend::Linear view() const { return {weight.get(), bias.data()}; }
  };
  struct Layer {
    backend::Buffer attention_norm, feed_forward_norm, q_norm, k_norm;
    UploadedLinear q, k, v, output, gate, up, down;
  };

  Layer upload_layer(const ModelSource& source, int layer) const;
  UploadedLinear upload_linear(const ModelSource& source, const std::string& name) const;
  backend::Buffer upload_vector(const ModelSource& source, const std::string& name) const;
  backend::Norm norm(const backend::Buffer& weight) const {
    return {weight.data(), config_.rms_epsilon};
  }
  backend::RopeAngles angles(const DecoderState& state, int layer) const;
  backend::LogitsStep head_step(int first, int n, const DecoderState& state) const;
  backend::Tap tap_of_layer(const DecoderTap& tap, int layer) const;
  void run_layer(int index, int tokens, int position, DecoderState& state,
                 const backend::Tap* tap) const;

  backend::Backend& backend_;
  DecoderConfig config_;
  std::unique_ptr<backend::Weight> embedding_;
  UploadedLinear head_;  // without a weight when the head is the embedding
  backend::Buffer output_norm_;
  std::vector<Layer> layers_;
};

}  // namespace nybble::models
