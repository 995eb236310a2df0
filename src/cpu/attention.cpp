// The step attention. The keys are cut at multiples of 64 positions; each piece gives its own
// maximum, sum and weighted values, and the pieces are merged in the order of positions. So neither
// batch nor threads change a bit.
#include <algorithm>
#include <limits>

#include "cpu/cpu_backend.h"
#include "cpu/kv_panels.h"

namespace nybble::cpu {
namespace {

// Softmax of one query over what has been seen so far: the sum is relative to exp(max).
struct Softmax {
  float max = -std::numeric_limits<float>::infinity();
  float sum = 0;
};

// By what the values of before and those of the new piece are multiplied when they are merged.
struct Factors {
  float before, piece;
};

Factors merge(const Kernels& kernels, Softmax& running, const Softmax& piece) {
  const float top = piece.max > running.max ? piece.max : running.max;
  alignas(64) float factors[lanes] = {running.max - top, piece.max - top};
  kernels.exponentials(factors);
  running = {top, running.sum * factors[0] + piece.sum * factors[1]};
  return {factors[0], factors[1]};
}

}  // namespace

void CpuBackend::attend(const backend::AttentionStep& step, int token, int kv_head,
                        ThreadScratch& scratch) {
  const auto& cache = static_cast<const KvPanels&>(*step.cache);
  const int head_dim = step.shape.head_dim, group = step.shape.heads / step.shape.kv_heads;
  const int channels = cache.value_panels() * panel_rows;
  const int end = step.places.of(token) + 1, start = step.places.first_of(token);
  const int begin = step.window > 0 ? std::max(start, end - step.window) : start;
  const std::int64_t offset =
      (std::int64_t{token} * step.shape.heads + std::int64_t{kv_head} * group) * head_dim;

  std::vector<Softmax> running(static_cast<std::size_t>(group));
  std::vector<Factors> factors(running.size());
  float* products = scratch.sums.grow(running.size() *
                                      static_cast<std::size_t>(panel_rows + chunk_keys + channels));
  float* scores = products + group * panel_rows;  // [group, 64]
  float* values = scores + group * chunk_keys;    // [group, channels]
  std::fill(values, values + group * channels, 0.0f);

  for (int chunk = begin / chunk_keys * chunk_keys; chunk < end; chunk += chunk_keys) {
    const int first = std::max(begin - chunk, 0), last = std::min(end - chunk, chunk_keys);
    for (int half = 0; half < last; half += panel_rows) {
      std::fill(products, products + group * panel_rows, 0.0f);
      kernels_.multiply_f32(cache.keys(step.layer, kv_head, (chunk + half) / panel_rows), head_dim,
                            step.q + offset, head_dim, group, products);
      for (int h = 0; h < group; ++h) {
        std::copy_n(products + h * panel_rows, panel_rows, scores + h * chunk_keys + half);
      }
    }
    for (std::size_t h = 0; h < running.size(); ++h) {
      Softmax piece;
      piece.sum =
          kernels_.softmax_chunk(scores + h * chunk_keys, first, last, step.scale, &piece.max);
      factors[h] = merge(kernels_, running[h], piece);
    }
    for (int panel = 0; panel < cache.value_panels(); ++panel) {
      std::fill(products, products + group * panel_rows, 0.0f);
      kernels_.multiply_f32(cache.values(step.layer, kv_head, panel, chunk + first), last - first,
                            scores + first, chunk_keys, group, products);
      for (int i = 0; i < group * panel_rows; ++i) {
        const int h = i / panel_rows;
        float& value = values[h * channels + panel * panel_rows + i % panel_rows];
        const Factors& factor = factors[static_cast<std::size_t>(h)];
        value = value * factor.before + products[i] * factor.piece;
      }
    }
  }
  for (int h = 0; h < group; ++h) {
    for (int i = 0; i < head_dim; ++i) {
      step.out[offset + h * head_dim + i] =
          values[h * channels + i] / running[static_cast<std::size_t>(h)].sum;
    }
  }
}

void CpuBackend::attention(const backend::AttentionStep& step) {
  const std::int64_t kv_heads = step.shape.kv_heads;
  pool_.run(step.tokens * kv_heads, [&](std::int64_t item, int thread) {
    attend(step, static_cast<int>(item / kv_heads), static_cast<int>(item % kv_heads),
           scratch_[static_cast<std::size_t>(thread)]);
  });
}

}  // namespace nybble::cpu
