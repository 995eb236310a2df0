// One layer of a decoder: its weights on a backend, and how tokens run through them.
#pragma once

#include <memory>
#include <string>

#include "backend/backend.h"
#include "models/decoder_state.h"
#include "models/model_source.h"

namespace nybble::models {

// A weight, its bias and what an adapter adds on the backend.
struct UploadedLinear {
  std::unique_ptr<backend::Weight> weight;
  backend::Buffer bias;
  std::unique_ptr<backend::Weight> low_rank_a, low_rank_b;
  backend::Linear view() const {
    return {weight.get(), bias.data(), {low_rank_a.get(), low_rank_b.get()}};
  }
  std::size_t weight_bytes() const;
};

// `name` without ".weight". Throws Error(invalid_input) when there is no such tensor.
UploadedLinear upload_linear(backend::Backend& backend, const ModelSource& source,
                             const std::string& name);
// Empty when there is no such tensor.
backend::Buffer upload_vector(backend::Backend& backend, const ModelSource& source,
                              const std::string& name);

class DecoderLayer {
 public:
  DecoderLayer(backend::Backend& backend, const ModelSource& source, int index);

  std::size_t weight_bytes() const;
  // Runs the first `tokens` of state.x, which set_positions() told the positions of. cache_layer:
  // the place of this layer's keys and values in the state's cache.
  void run(backend::Backend& backend, const DecoderConfig& config, int tokens, int position,
           int cache_layer, DecoderState& state, const backend::Tap* tap = nullptr) const;

 private:
  int index_;
  backend::Buffer attention_norm_, feed_forward_norm_, q_norm_, k_norm_;
  UploadedLinear q_, k_, v_, output_, gate_, up_, down_;
};

}  // namespace nybble::models
