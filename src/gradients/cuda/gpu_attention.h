// attention_pass.h on the GPU, with all scores of a batch in memory.
#pragma once

#include <vector>

#include "gradients/attention_pass.h"
#include "gradients/cuda/gpu_products.h"

namespace nybble::gradients::gpu {

// Where the matrices of a batch of products begin, one for each head of queries of each window.
class HeadPointers {
 public:
  // In values [tokens, heads * head_dim], `heads` of queries or of keys and values.
  void point_to_heads(const AttentionShape& shape, int heads, DeviceFloats& values);
  // In values [windows, heads, length, length].
  void point_to_scores(const AttentionShape& shape, DeviceFloats& values);
  float* const* data() const { return pointers_.data(); }

 private:
  void set(std::vector<float*> pointers);

  DeviceArray<float*> pointers_;
  std::vector<float*> held_;  // what was copied there
};

class Attention {
 public:
  explicit Attention(const Products& products) : products_(products) {}
  // out [tokens, heads * head_dim]. back() needs what this leaves.
  void forth(const AttentionShape& shape, DeviceFloats& q, DeviceFloats& k, DeviceFloats& v,
             DeviceFloats& out);
  // dq, dk and dv are replaced.
  void back(const AttentionShape& shape, DeviceFloats& d_out, DeviceFloats& dq, DeviceFloats& dk,
            DeviceFloats& dv);

 private:
  // [length, length] = factor * a b^T, of rows of heads; [length, head_dim] = scores b, or their
  // transpose's.
  void multiply_heads(const AttentionShape& shape, float factor, const HeadPointers& a,
                      const HeadPointers& b, int b_heads, const HeadPointers& scores);
  void multiply_scores(const AttentionShape& shape, const HeadPointers& scores, bool transposed,
                       const HeadPointers& b, int b_heads, const HeadPointers& out);

  const Products& products_;
  DeviceFloats scores_, d_scores_;
  DeviceFloats wide_;  // gradients by keys or values, one for each head of queries
  HeadPointers q_, k_, v_, out_, d_out_, dq_, wide_heads_, score_heads_, d_score_heads_;
};

}  // namespace nybble::gradients::gpu
