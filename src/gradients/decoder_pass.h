// The decoder forth and back over a batch of windows. On the way forth the residual stream between
// layers is kept; on the way back each layer runs again before its gradient, so that memory is that
// of one layer and of the boundaries, unless there is room for all.
// Source: Chen et al., Training Deep Nets with Sublinear Memory Cost (arXiv 1604.06174).
#pragma once

#include <span>

#include "gradients/layer.h"

namespace nybble::gradients {

class DecoderPass;
// A teacher that ran over the same tokens, and how much the distance from its hidden states counts
// (hidden_loss.h), in the mean over the layers.
struct HiddenTarget {
  const DecoderPass* teacher = nullptr;
  float factor = 0;
};

class DecoderPass {
 public:
  // Windows have `length` tokens each. The parameters must outlive the pass; they may change
  // between batches.
  DecoderPass(const Parameters& parameters, int length, ThreadPool& pool,
              Precision precision = Precision::floats);
  // Layers whose trace is kept from the way forth, the last ones, so that they need not run again.
  void keep_traces(int layers) { kept_ = layers; }
  // Who sees the linears of all layers on the way back.
  void observe(SiteObserver observer) { observer_ = std::move(observer); }

  // The residual stream behind the last layer, [tokens, dim], valid until the next forth(). tokens:
  // whole windows. Throws Error(invalid_input) for a token outside the vocabulary.
  std::span<const float> forth(std::span<const std::int32_t> tokens);
  // From the gradient by what forth() returned, which is used up, and that by the hidden states, to
  // those by the parameters that are not empty in `gradients`; they are added.
  void back(std::span<float> d_final, Parameters& gradients, const HiddenTarget& hidden = {});

  int tokens() const { return static_cast<int>(tokens_.size()); }
  const Parameters& parameters() const { return parameters_; }
  const Engine& engine() const { return engine_; }

 private:
  LayerContext context() const;

  const Parameters& parameters_;
  Engine engine_;
  int length_;
  Angles angles_;
  std::vector<std::int32_t> tokens_;
  std::vector<std::vector<float>> residuals_;  // before each layer, and behind the last
  int kept_ = 0;
  SiteObserver observer_;
  std::vector<LayerTrace> traces_;  // of the kept layers, and one for the others in turn

  bool is_kept(int layer) const {
    return layer >= static_cast<int>(parameters_.layers.size()) - kept_;
  }
  void copy_residual(std::size_t layer);
  LayerTrace& trace_of(int layer);
};

}  // namespace nybble::gradients
