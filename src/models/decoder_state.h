// What a timeline of a decoder owns, or several that grow together: their cache and the memory that
// activations pass through.
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
  // n timelines of `context` positions each: n tokens run together, one of each.
  static DecoderState of_timelines(backend::Backend& backend, const DecoderConfig& config,
                                   int context, int n);
  // What the constructor takes from the backend, and steps in addition to it.
  static std::size_t bytes_needed(const backend::Backend& backend, const DecoderConfig& config,
                                  int context, int batch, int head_batch);
  // The next tokens stand at positions [position, position + n), or all at `position`, each in its
  // own timeline.
  void set_positions(backend::Backend& backend, int position, int n);

  int timeline_length = 0;  // 0: one timeline
  std::unique_ptr<backend::KvCache> cache;
  RopeFrequencies rope;
  backend::Buffer x;  // [batch, dim]: the residual stream
  backend::Buffer q, attended, cos, sin, logits;
  std::vector<float> host_cos, host_sin;
};

}  // namespace nybble::models
