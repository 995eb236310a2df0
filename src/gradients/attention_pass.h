// Causal softmax attention of whole windows, and its way back. Scores are computed anew on the way
// back, some queries at a time, so that memory does not grow with the square of a window.
// Source: Dao et al., FlashAttention (arXiv 2205.14135), section 3.1 and appendix B.4.
#pragma once

#include "base/thread_pool.h"
#include "cpu/kernels.h"
#include "models/decoder_config.h"

namespace nybble::gradients {

struct AttentionShape {
  int windows = 0, length = 0;  // windows follow one another, `length` tokens each
  int heads = 0, kv_heads = 0, head_dim = 0;
  float scale = 0;
  int reach = 0;  // > 0: only the last `reach` positions are seen
};

AttentionShape attention_shape(const models::DecoderConfig& config, int layer, int windows,
                               int length);

// q and out [tokens, heads * head_dim]; k and v [tokens, kv_heads * head_dim].
struct AttentionInputs {
  const float *q = nullptr, *k = nullptr, *v = nullptr;
};
void attend(const AttentionShape& shape, const AttentionInputs& in, float* out,
            const cpu::Kernels& kernels, ThreadPool& pool);
// Replaces dq, dk and dv.
struct AttentionGradients {
  float *dq = nullptr, *dk = nullptr, *dv = nullptr;
};
void attend_back(const AttentionShape& shape, const AttentionInputs& in, const float* out,
                 const float* d_out, const AttentionGradients& gradients,
                 const cpu::Kernels& kernels, ThreadPool& pool);

}  // namespace nybble::gradients
