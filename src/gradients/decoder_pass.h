// The decoder forth and back over a batch of windows. On the way forth the residual stream between
// layers is kept; on the way back each layer runs again before its gradient, so that memory is that
// of one layer and of the boundaries.
// Source: Chen et al., Training Deep Nets with Sublinear Memory Cost (arXiv 1604.06174).
#pragma once

#include <optional>
#include <span>

#include "gradients/layer.h"

namespace nybble::gradients {

class DecoderPass {
 public:
  // Windows have `length` tokens each. The parameters must outlive the pass; they may change
  // between batches.
  DecoderPass(const Parameters& parameters, int length, ThreadPool& pool);

  // The residual stream behind the last layer, [tokens, dim], valid until the next forth(). tokens:
  // whole windows. Throws Error(invalid_input) for a token outside the vocabulary.
  std::span<const float> forth(std::span<const std::int32_t> tokens);
  // From the gradient by what forth() returned, which is used up, to those by the parameters that
  // are not empty in `gradients`; they are added.
  void back(std::span<float> d_final, Parameters& gradients);

  int tokens() const { return static_cast<int>(tokens_.size()); }
  ThreadPool& pool() const { return pool_; }
  const cpu::Kernels& kernels() const { return kernels_; }

 private:
  LayerContext context() const;
  void embed();
  void embed_back(std::span<const float> d_x, Matrix& gradient) const;

  const Parameters& parameters_;
  ThreadPool& pool_;
  const cpu::Kernels& kernels_;
  int length_;
  Angles angles_;
  std::vector<std::int32_t> tokens_;
  std::vector<std::vector<float>> residuals_;  // before each layer, and behind the last
  std::optional<LayerTrace> trace_;
};

}  // namespace nybble::gradients
