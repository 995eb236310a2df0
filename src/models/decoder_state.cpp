#include "models/decoder_state.h"

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
    : cache(backend.make_kv_cache(cache_shape(config, context))),
      rope(rope_frequencies(config.rope, context)),
      x(backend.allocate(product(batch, config.dim))),
      q(backend.allocate(product(batch, config.heads * config.head_dim))),
      attended(backend.allocate(product(batch, config.heads * config.head_dim))),
      cos(backend.allocate(product(batch, config.rope.rotary_dim / 2))),
      sin(backend.allocate(product(batch, config.rope.rotary_dim / 2))),
      logits(backend.allocate(product(head_batch, config.vocab))),
      host_cos(cos.size()),
      host_sin(sin.size()) {}

std::size_t DecoderState::bytes_needed(const backend::Backend& backend, const DecoderConfig& config,
                                       int context, int batch, int head_batch) {
  // Twice the widths above: the backend keeps inputs and outputs of a step.
  const int width = 2 * (config.dim + 2 * config.heads * config.head_dim + config.rope.rotary_dim +
                         config.hidden);
  return backend.kv_cache_bytes(cache_shape(config, context)) +
         sizeof(float) * (product(batch, width) + product(head_batch, config.vocab));
}

DecoderState DecoderState::of_timelines(backend::Backend& backend, const DecoderConfig& config,
                                        int context, int n) {
  DecoderState state(backend, config, context * n, n, n);
  state.timeline_length = context;
  state.rope = rope_frequencies(config.rope, context);
  return state;
}

void DecoderState::set_positions(backend::Backend& backend, int position, int n) {
  if (timeline_length == 0) {
    rope_angles(rope, position, n, host_cos, host_sin);
  } else {
    const auto width = rope.frequencies.size();
    for (std::size_t t = 0; t < static_cast<std::size_t>(n); ++t) {
      rope_angles(rope, position, 1, std::span(host_cos).subspan(t * width, width),
                  std::span(host_sin).subspan(t * width, width));
    }
  }
  backend.write(cos.data(), host_cos);
  backend.write(sin.data(), host_sin);
}

}  // namespace nybble::models
