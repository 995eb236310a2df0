// The steps of a decoder on the GPU, forth and back, each the counterpart of a file in gradients/.
// All arrays are in its memory, row-major; steps run in the order in which they are called.
#pragma once

#include <cstdint>

#include "gradients/cuda/device_array.h"

namespace nybble::gradients::gpu {

// A matrix of activations [rows, cols].
struct Rows {
  const float* values = nullptr;
  int rows = 0, cols = 0;
};

// rms_norm.h. y may not be x.
void normalize(const Rows& x, const float* weight, float epsilon, float* y);
// As in rms_norm.h; dx may be dy where it is replaced. d_weight may be null.
struct NormScratch {
  DeviceFloats inverse, sums;
};
void normalize_back(const Rows& x, const float* weight, float epsilon, const float* dy, bool add,
                    float* dx, float* d_weight, NormScratch& scratch);
// sums [cols] += the rows of dy.
void add_rows(const Rows& dy, float* sums, NormScratch& scratch);

// rotation.h: cos and sin [length, half].
struct Rotation {
  const float *cos = nullptr, *sin = nullptr;
  int half = 0, length = 0;
  bool interleaved = false;
};
void rotate(const Rotation& rotation, bool back, int tokens, int heads, int head_dim, float* x);

// gate.h.
void gate_multiply(const float* gate, const float* up, std::int64_t n, float* out);
void gate_multiply_back(const float* d_out, std::int64_t n, float* gate, float* up);

// values and x become their sum.
void add(float* values, float* x, std::int64_t n);
// y [tokens, cols] += bias.
void add_bias(const float* bias, int tokens, int cols, float* y);
// out [tokens, dim]: rows of the embedding.
void embed(const float* embedding, const std::int32_t* tokens, int n, int dim, float* out);

// Scores of causal attention, [rows, length]: row r is that of query r % length.
struct Scores {
  std::int64_t rows = 0;
  int length = 0;
  int reach = 0;  // > 0: only the last `reach` positions are seen
};
// Each row becomes its probabilities, 0 for what is not seen.
void softmax(const Scores& shape, float* scores);
// From gradients by probabilities p to those by scores before they were scaled.
void softmax_back(const Scores& shape, float scale, const float* p, float* dp);
// out [tokens, kv_heads * head_dim]: sums over the heads that share one of keys and values.
void sum_groups(const float* values, int tokens, int kv_heads, int group, int head_dim, float* out);

// hidden_loss.h; weights: of the channels, is replaced.
void add_hidden_gradient(const Rows& x, const float* teacher, float factor, float* d_x,
                         DeviceFloats& weights);

// head_loss.h: losses [rows], and the student's logits become gradients by them.
void divergence(const Rows& teacher, float factor, float* student, double* losses);
void cross_entropy(const std::int32_t* labels, int rows, int cols, float factor, float* logits,
                   double* losses);

}  // namespace nybble::gradients::gpu
