// Steps whose elements do not see one another: rotation, gate, sums, embedding.
#include "gradients/cuda/gpu_steps.h"

namespace nybble::gradients::gpu {
namespace {

constexpr int threads = 256;

__device__ std::int64_t own_index() {
  return std::int64_t{blockIdx.x} * threads + threadIdx.x;
}

unsigned blocks_for(std::int64_t n) {
  return static_cast<unsigned>((n + threads - 1) / threads);
}

__global__ void rotate_pairs(Rotation r, float sign, std::int64_t n, int heads, int head_dim,
                             float* x) {
  const std::int64_t index = own_index();
  if (index >= n) return;
  const int i = static_cast<int>(index % r.half);
  const std::int64_t row = index / r.half;  // token and head
  const std::int64_t angle = row / heads % r.length * r.half + i;
  float* values = x + row * head_dim;
  float &a = values[r.interleaved ? 2 * i : i], &b = values[r.interleaved ? 2 * i + 1 : i + r.half];
  const float cos = r.cos[angle], sin = sign * r.sin[angle], first = a;
  a = first * cos - b * sin;
  b = first * sin + b * cos;
}

__global__ void multiply_gates(const float* gate, const float* up, std::int64_t n, float* out) {
  const std::int64_t i = own_index();
  if (i < n) out[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

// With s = sigmoid(g): d silu(g) = s (1 + g (1 - s)).
__global__ void multiply_gates_back(const float* d_out, std::int64_t n, float* gate, float* up) {
  const std::int64_t i = own_index();
  if (i >= n) return;
  const float x = gate[i], share = 1 / (1 + expf(-x));
  gate[i] = d_out[i] * up[i] * share * (1 + x * (1 - share));
  up[i] = d_out[i] * x * share;
}

__global__ void add_both(float* values, float* x, std::int64_t n) {
  const std::int64_t i = own_index();
  if (i < n) values[i] = x[i] += values[i];
}

__global__ void add_bias_rows(const float* bias, std::int64_t n, int cols, float* y) {
  const std::int64_t i = own_index();
  if (i < n) y[i] += bias[i % cols];
}

__global__ void copy_rows(const float* embedding, const std::int32_t* tokens, std::int64_t n,
                          int dim, float* out) {
  const std::int64_t i = own_index();
  if (i < n) out[i] = embedding[std::int64_t{tokens[i / dim]} * dim + i % dim];
}

__global__ void sum_heads(const float* values, std::int64_t n, int group, int head_dim,
                          float* out) {
  const std::int64_t i = own_index();
  if (i >= n) return;
  const float* first = values + i / head_dim * group * head_dim + i % head_dim;
  float own = 0;
  for (int head = 0; head < group; ++head) own += first[head * head_dim];
  out[i] = own;
}

}  // namespace

void rotate(const Rotation& rotation, bool back, int tokens, int heads, int head_dim, float* x) {
  const std::int64_t n = std::int64_t{tokens} * heads * rotation.half;
  rotate_pairs<<<blocks_for(n), threads>>>(rotation, back ? -1.0f : 1.0f, n, heads, head_dim, x);
}

void gate_multiply(const float* gate, const float* up, std::int64_t n, float* out) {
  multiply_gates<<<blocks_for(n), threads>>>(gate, up, n, out);
}

void gate_multiply_back(const float* d_out, std::int64_t n, float* gate, float* up) {
  multiply_gates_back<<<blocks_for(n), threads>>>(d_out, n, gate, up);
}

void add(float* values, float* x, std::int64_t n) {
  add_both<<<blocks_for(n), threads>>>(values, x, n);
}

void add_bias(const float* bias, int tokens, int cols, float* y) {
  const std::int64_t n = std::int64_t{tokens} * cols;
  add_bias_rows<<<blocks_for(n), threads>>>(bias, n, cols, y);
}

void embed(const float* embedding, const std::int32_t* tokens, int n, int dim, float* out) {
  const std::int64_t all = std::int64_t{n} * dim;
  copy_rows<<<blocks_for(all), threads>>>(embedding, tokens, all, dim, out);
}

void sum_groups(const float* values, int tokens, int kv_heads, int group, int head_dim,
                float* out) {
  const std::int64_t n = std::int64_t{tokens} * kv_heads * head_dim;
  sum_heads<<<blocks_for(n), threads>>>(values, n, group, head_dim, out);
}

}  // namespace nybble::gradients::gpu
