#include "gradients/cuda/gpu_attention.h"

#include <utility>

#include "gradients/cuda/gpu_steps.h"

namespace nybble::gradients::gpu {
namespace {

std::size_t size_of_scores(const AttentionShape& s) {
  return static_cast<std::size_t>(s.windows) * static_cast<std::size_t>(s.heads) *
         static_cast<std::size_t>(s.length) * static_cast<std::size_t>(s.length);
}

Scores scores_of(const AttentionShape& s) {
  return {std::int64_t{s.windows} * s.heads * s.length, s.length, s.reach};
}

}  // namespace

void HeadPointers::set(std::vector<float*> pointers) {
  if (pointers == held_) return;
  held_ = std::move(pointers);
  pointers_.upload(held_);
}

void HeadPointers::point_to_heads(const AttentionShape& s, int heads, DeviceFloats& values) {
  std::vector<float*> pointers;
  for (std::ptrdiff_t window = 0; window < s.windows; ++window) {
    for (std::ptrdiff_t head = 0; head < s.heads; ++head) {
      const std::ptrdiff_t own = head / (s.heads / heads);
      pointers.push_back(values.data() + (window * s.length * heads + own) * s.head_dim);
    }
  }
  set(std::move(pointers));
}

void HeadPointers::point_to_scores(const AttentionShape& s, DeviceFloats& values) {
  std::vector<float*> pointers;
  for (std::ptrdiff_t i = 0; i < std::ptrdiff_t{s.windows} * s.heads; ++i)
    pointers.push_back(values.data() + i * s.length * s.length);
  set(std::move(pointers));
}

void Attention::multiply_heads(const AttentionShape& s, float factor, const HeadPointers& a,
                               const HeadPointers& b, int b_heads, const HeadPointers& scores) {
  products_.multiply(
      {s.length, s.length, s.head_dim}, factor, {a.data(), s.heads * s.head_dim, false},
      {b.data(), b_heads * s.head_dim, true}, scores.data(), s.length, s.windows * s.heads);
}

void Attention::multiply_scores(const AttentionShape& s, const HeadPointers& scores,
                                bool transposed, const HeadPointers& b, int b_heads,
                                const HeadPointers& out) {
  products_.multiply({s.length, s.head_dim, s.length}, 1, {scores.data(), s.length, transposed},
                     {b.data(), b_heads * s.head_dim, false}, out.data(), s.heads * s.head_dim,
                     s.windows * s.heads);
}

void Attention::forth(const AttentionShape& s, DeviceFloats& q, DeviceFloats& k, DeviceFloats& v,
                      DeviceFloats& out) {
  scores_.resize(size_of_scores(s));
  q_.point_to_heads(s, s.heads, q);
  k_.point_to_heads(s, s.kv_heads, k);
  v_.point_to_heads(s, s.kv_heads, v);
  out_.point_to_heads(s, s.heads, out);
  score_heads_.point_to_scores(s, scores_);
  multiply_heads(s, s.scale, q_, k_, s.kv_heads, score_heads_);
  softmax(scores_of(s), scores_.data());
  multiply_scores(s, score_heads_, false, v_, s.kv_heads, out_);
}

void Attention::back(const AttentionShape& s, DeviceFloats& d_out, DeviceFloats& dq,
                     DeviceFloats& dk, DeviceFloats& dv) {
  d_scores_.resize(size_of_scores(s));
  wide_.resize(dq.size());
  d_out_.point_to_heads(s, s.heads, d_out);
  dq_.point_to_heads(s, s.heads, dq);
  wide_heads_.point_to_heads(s, s.heads, wide_);
  d_score_heads_.point_to_scores(s, d_scores_);
  const int tokens = s.windows * s.length, group = s.heads / s.kv_heads;
  multiply_scores(s, score_heads_, true, d_out_, s.heads, wide_heads_);
  sum_groups(wide_.data(), tokens, s.kv_heads, group, s.head_dim, dv.data());
  multiply_heads(s, 1, d_out_, v_, s.kv_heads, d_score_heads_);
  softmax_back(scores_of(s), s.scale, scores_.data(), d_scores_.data());
  multiply_scores(s, d_score_heads_, false, k_, s.kv_heads, dq_);
  multiply_scores(s, d_score_heads_, true, q_, s.heads, wide_heads_);
  sum_groups(wide_.data(), tokens, s.kv_heads, group, s.head_dim, dk.data());
}

}  // namespace nybble::gradients::gpu
