// The step attention_inputs: norm, q, k and v, norm of heads, RoPE, append to the cache.
#include <array>

#include "cpu/cpu_backend.h"
#include "cpu/kv_panels.h"
#include "cpu/norm.h"

namespace nybble::cpu {
namespace {

// Turns the pairs of one head by the angles of its token.
void rotate(const backend::RopeAngles& rope, std::int64_t token, float* head) {
  const int half = rope.rotary_dim / 2;
  const float* cos = rope.cos + token * half;
  const float* sin = rope.sin + token * half;
  for (int i = 0; i < half; ++i) {
    float& first = head[rope.interleaved ? 2 * i : i];
    float& second = head[rope.interleaved ? 2 * i + 1 : i + half];
    const float a = first, b = second;
    first = a * cos[i] - b * sin[i];
    second = b * cos[i] + a * sin[i];
  }
}

void finish_heads(const backend::Norm& norm, const backend::RopeAngles& rope, std::int64_t token,
                  int heads, int head_dim, float* x) {
  for (int h = 0; h < heads; ++h) {
    float* head = x + h * head_dim;
    if (norm.weight != nullptr) rms_norm(norm, head, head_dim, head);
    if (rope.cos != nullptr) rotate(rope, token, head);
  }
}

}  // namespace

void CpuBackend::attention_inputs(const backend::AttentionInputsStep& step) {
  const backend::HeadShape& shape = step.shape;
  const std::int64_t tokens = step.tokens, kv_dim = std::int64_t{shape.kv_heads} * shape.head_dim;
  const std::int64_t q_dim = std::int64_t{shape.heads} * shape.head_dim,
                     dim = step.q.weight->cols();
  const Rows normed = normed_rows(step.norm, step.x, tokens, std::array{&step.q, &step.k, &step.v},
                                  step.tap != nullptr);
  if (step.tap != nullptr) (*step.tap)(backend::TapPoint::qkv, normed.x, step.tokens, dim);

  float* k = k_.grow(static_cast<std::size_t>(tokens * kv_dim));
  float* v = v_.grow(static_cast<std::size_t>(tokens * kv_dim));
  const std::array jobs{PanelJob{step.q, store_to(step.q, tokens, step.q_out)},
                        PanelJob{step.k, store_to(step.k, tokens, k)},
                        PanelJob{step.v, store_to(step.v, tokens, v)}};
  run_linears(jobs, normed, tokens);

  auto& cache = static_cast<KvPanels&>(*step.cache);
  pool_.run(tokens, [&](std::int64_t t, int) {
    finish_heads(step.q_norm, step.rope, t, shape.heads, shape.head_dim, step.q_out + t * q_dim);
    finish_heads(step.k_norm, step.rope, t, shape.kv_heads, shape.head_dim, k + t * kv_dim);
    for (int h = 0; h < shape.kv_heads; ++h) {
      const std::int64_t offset = t * kv_dim + h * shape.head_dim;
      cache.put(step.layer, h, step.places.of(static_cast<int>(t)), k + offset, v + offset);
    }
  });
}

}  // namespace nybble::cpu
