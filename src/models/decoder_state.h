// What one timeline of a decoder owns: its cache and the memory that activations pass through.
#pragma once

#include <memory>
#include <vector>

#include "backend/backend.h"
#include "models/decoder_config.h"
#include "models/rope.h"

namespace nybble::models {

struct DecoderState {
  // batch: tokens that run together at most; head_batch: tokens of one logits() at most.
  DecoderState(backend::Backend& backend, const DecoderConfig& config, int context, int batch,
               int head_batch);
  // What the constructor takes from the backend, and steps in addition to it.
  static std::size_t bytes_needed(const backend::Backend& backend, const DecoderConfig& config,
                                  int context, int batch, int head_batch);
  // The next tokens stand at positions [position, position + n).
  void set_positions(backend::Backend& backend, int position, int n);

  std::unique_ptr<backend::KvCache> cache;
  RopeFrequencies rope;
  backend::Buffer x;  // [batch, dim]: the residual stream
  backend::Buffer q, attended, cos, sin, logits;
  std::vector<float> host_cos, host_sin;
};

}  // namespace nybble::models
