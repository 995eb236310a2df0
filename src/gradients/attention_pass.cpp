#include "gradients/attention_pass.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gradients/softmax.h"
#include "linalg/dense.h"

namespace nybble::gradients {
namespace {

// Queries whose scores are in memory together.
constexpr int block = 64;

// One head of one window.
struct Head {
  const AttentionShape& shape;
  std::ptrdiff_t q, kv;  // offsets of the first element of the head
  int q_step, kv_step;   // from one token to the next

  Head(const AttentionShape& s, int window, int head)
      : shape(s), q_step(s.heads * s.head_dim), kv_step(s.kv_heads * s.head_dim) {
    const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(window) * s.length;
    q = first * q_step + head * s.head_dim;
    kv = first * kv_step + head / (s.heads / s.kv_heads) * s.head_dim;
  }
};

// Queries [first, first + n) and the keys [begin, end) that at least one of them sees.
struct Block {
  int first, n, begin, end;

  Block(const AttentionShape& shape, int index)
      : first(index * block),
        n(std::min(block, shape.length - first)),
        begin(shape.reach > 0 ? std::max(0, first - shape.reach + 1) : 0),
        end(first + n) {}
  int keys() const { return end - begin; }
};

int blocks_of(const AttentionShape& shape) {
  return (shape.length + block - 1) / block;
}

// Probabilities [n, keys] of a block of queries.
void probabilities(const Head& head, const Block& b, const AttentionInputs& in,
                   const cpu::Kernels& kernels, float* scores) {
  const AttentionShape& s = head.shape;
  linalg::multiply_transposed(
      b.n, b.keys(), s.head_dim, in.q + head.q + std::ptrdiff_t{b.first} * head.q_step, head.q_step,
      in.k + head.kv + std::ptrdiff_t{b.begin} * head.kv_step, head.kv_step, scores, b.keys());
  for (int i = 0; i < b.n; ++i) {
    float* row = scores + std::ptrdiff_t{i} * b.keys();
    const int last = b.first + i + 1 - b.begin;
    const int first = s.reach > 0 ? std::max(0, last - s.reach) : 0;
    std::fill(row, row + first, 0.0f);
    for (int j = first; j < last; ++j) row[j] *= s.scale;
    softmax(row + first, last - first, kernels);
    std::fill(row + last, row + b.keys(), 0.0f);
  }
}

void head_forth(const Head& head, const AttentionInputs& in, float* out,
                const cpu::Kernels& kernels) {
  const AttentionShape& s = head.shape;
  std::vector<float> scores(static_cast<std::size_t>(block) * static_cast<std::size_t>(s.length));
  for (int index = 0; index < blocks_of(s); ++index) {
    const Block b(s, index);
    probabilities(head, b, in, kernels, scores.data());
    float* rows = out + head.q + std::ptrdiff_t{b.first} * head.q_step;
    for (int i = 0; i < b.n; ++i)
      std::fill_n(rows + std::ptrdiff_t{i} * head.q_step, s.head_dim, 0.0f);
    linalg::multiply_add(b.n, s.head_dim, b.keys(), 1, scores.data(), b.keys(),
                         in.v + head.kv + std::ptrdiff_t{b.begin} * head.kv_step, head.kv_step,
                         rows, head.q_step);
  }
}

// The part of a head, which begins at `first`.
void clear(const Head& head, std::ptrdiff_t first, std::ptrdiff_t step, float* values) {
  for (int t = 0; t < head.shape.length; ++t)
    std::fill_n(values + first + t * step, head.shape.head_dim, 0.0f);
}

// From gradients by probabilities [n, keys] to those by scores: p (dp - sum of out d_out) scale.
void scores_back(const Head& head, const Block& b, const float* out, const float* d_out,
                 const float* p, float* dp) {
  for (int i = 0; i < b.n; ++i) {
    const std::ptrdiff_t row = head.q + std::ptrdiff_t{b.first + i} * head.q_step;
    float along = 0;
    for (int d = 0; d < head.shape.head_dim; ++d) along += out[row + d] * d_out[row + d];
    const std::ptrdiff_t at = std::ptrdiff_t{i} * b.keys();
    for (int j = 0; j < b.keys(); ++j)
      dp[at + j] = p[at + j] * (dp[at + j] - along) * head.shape.scale;
  }
}

// dk and dv are added to: several heads may share them.
void head_back(const Head& head, const AttentionInputs& in, const float* out, const float* d_out,
               const AttentionGradients& g, const cpu::Kernels& kernels) {
  const AttentionShape& s = head.shape;
  const std::size_t n = static_cast<std::size_t>(block) * static_cast<std::size_t>(s.length);
  std::vector<float> p(n), dp(n);
  for (int index = 0; index < blocks_of(s); ++index) {
    const Block b(s, index);
    const std::ptrdiff_t q = head.q + std::ptrdiff_t{b.first} * head.q_step;
    const std::ptrdiff_t kv = head.kv + std::ptrdiff_t{b.begin} * head.kv_step;
    probabilities(head, b, in, kernels, p.data());
    linalg::multiply_transposing_add(b.keys(), s.head_dim, b.n, 1, p.data(), b.keys(), d_out + q,
                                     head.q_step, g.dv + kv, head.kv_step);
    linalg::multiply_transposed(b.n, b.keys(), s.head_dim, d_out + q, head.q_step, in.v + kv,
                                head.kv_step, dp.data(), b.keys());
    scores_back(head, b, out, d_out, p.data(), dp.data());
    linalg::multiply_add(b.n, s.head_dim, b.keys(), 1, dp.data(), b.keys(), in.k + kv, head.kv_step,
                         g.dq + q, head.q_step);
    linalg::multiply_transposing_add(b.keys(), s.head_dim, b.n, 1, dp.data(), b.keys(), in.q + q,
                                     head.q_step, g.dk + kv, head.kv_step);
  }
}

}  // namespace

AttentionShape attention_shape(const models::DecoderConfig& config, int layer, int windows,
                               int length) {
  return {.windows = windows,
          .length = length,
          .heads = config.heads,
          .kv_heads = config.kv_heads,
          .head_dim = config.head_dim,
          .scale = 1 / std::sqrt(static_cast<float>(config.head_dim)),
          .reach = config.window_of(layer)};
}

void attend(const AttentionShape& shape, const AttentionInputs& in, float* out,
            const cpu::Kernels& kernels, ThreadPool& pool) {
  pool.run(std::int64_t{shape.windows} * shape.heads, [&](std::int64_t item, int) {
    const Head head(shape, static_cast<int>(item / shape.heads),
                    static_cast<int>(item % shape.heads));
    head_forth(head, in, out, kernels);
  });
}

void attend_back(const AttentionShape& shape, const AttentionInputs& in, const float* out,
                 const float* d_out, const AttentionGradients& gradients,
                 const cpu::Kernels& kernels, ThreadPool& pool) {
  const int group = shape.heads / shape.kv_heads;
  pool.run(std::int64_t{shape.windows} * shape.kv_heads, [&](std::int64_t item, int) {
    const int window = static_cast<int>(item / shape.kv_heads);
    const int kv_head = static_cast<int>(item % shape.kv_heads);
    for (int head = kv_head * group; head < (kv_head + 1) * group; ++head) {
      const Head own(shape, window, head);
      clear(own, own.q, own.q_step, gradients.dq);
      if (head == kv_head * group) {
        clear(own, own.kv, own.kv_step, gradients.dk);
        clear(own, own.kv, own.kv_step, gradients.dv);
      }
      head_back(own, in, out, d_out, gradients, kernels);
    }
  });
}

}  // namespace nybble::gradients
