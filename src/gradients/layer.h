// One layer of the decoder forth and back, for a batch of windows.
#pragma once

#include <functional>
#include <initializer_list>

#include "backend/steps.h"
#include "gradients/attention_pass.h"
#include "gradients/floats.h"
#include "gradients/parameters.h"
#include "gradients/products.h"
#include "gradients/rotation.h"

namespace nybble::gradients {

// Sees on the way back the input x of the linears at a point of a layer, and the gradients dy by
// what each of them made of it. Valid during the call.
using SiteObserver = std::function<void(int layer, backend::TapPoint point, const Rows& x,
                                        std::initializer_list<Rows> dy)>;

// What layers of one decoder have in common.
struct LayerContext {
  const models::DecoderConfig& config;
  const Engine& engine;
  int windows = 0, length = 0;
  const Angles& angles;
  const SiteObserver& observer;  // may be empty

  int tokens() const { return windows * length; }
};

// What the way back needs of the way forth. Used again for each layer.
struct LayerTrace {
  Floats attention_input;             // [tokens, dim]: normed
  Floats q, k, v;                     // after RoPE
  Floats plain_q, plain_k;            // before their norms; empty without those
  Floats attended;                    // [tokens, heads * head_dim]
  Floats middle, feed_forward_input;  // [tokens, dim]: residual before, and normed
  Floats gate, up, activated;         // [tokens, hidden]

  LayerTrace(const models::DecoderConfig& config, int tokens);
  static std::size_t bytes(const models::DecoderConfig& config, int tokens);
};

// x [tokens, dim] becomes what layer `index` makes of it.
void run_layer(const LayerContext& context, const Layer& layer, int index, float* x,
               LayerTrace& trace);
// x as it was before run_layer(), whose trace this is (its gate and up are used up). d_x becomes
// the gradient by x; to `gradient` is added that by all that is not empty in it.
void run_layer_back(const LayerContext& context, const Layer& layer, int index, const float* x,
                    LayerTrace& trace, float* d_x, Layer& gradient);

}  // namespace nybble::gradients
