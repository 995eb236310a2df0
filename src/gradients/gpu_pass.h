// The passes of decoder_pass.h and head_loss.h on an NVIDIA GPU: parameters and gradients stay in
// host memory, what lies between them does not. Sums run in another order than on the CPU; the same
// build on the same GPU gives the same bits.
#pragma once

#include <memory>
#include <span>

#include "gradients/engine.h"
#include "gradients/parameters.h"

namespace nybble::gradients {

class GpuPass {
 public:
  virtual ~GpuPass() = default;
  // Sum over the tokens (whole windows) of KL(teacher || student), in nats. With gradients (else
  // null), that of `factor` times the sum, and of the hidden states times `hidden` as in
  // decoder_pass.h, by all that is not empty in them is added. What never had a gradient is taken
  // not to change between calls.
  virtual double divergence(const Parameters& student, std::span<const std::int32_t> tokens,
                            float factor, float hidden, Parameters* gradients) = 0;
  // Sum of -log p(label) over the tokens that have a label, -1: none. The rest as above.
  virtual double cross_entropy(const Parameters& model, std::span<const std::int32_t> tokens,
                               std::span<const std::int32_t> labels, float factor,
                               Parameters* gradients) = 0;
};

// Throws Error(unsupported) where make_gpu_pass() would.
void check_gpu();

// For windows of `length` tokens. teacher: may be null without divergence(); it is copied.
// Precision::bf16 stands for the products of rounded floats that the GPU is fastest with, TF32.
// Throws Error(unsupported) without a GPU, and in builds without CUDA; calls throw
// Error(out_of_memory) when its memory does not do.
std::unique_ptr<GpuPass> make_gpu_pass(const Parameters* teacher, int length, ThreadPool& pool,
                                       Precision precision);

}  // namespace nybble::gradients
