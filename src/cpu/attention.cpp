// The step attention. The keys are cut at multiples of 64 positions; each piece gives its own
// maximum, sum and weighted values, and the pieces are merged in the order of positions. So neither
// batch nor threads change a bit. Queries of neighbouring tokens run together, so that what is read
// of the cache serves them all.
#include <algorithm>
#include <array>
#include <limits>
#include <span>

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

// Of some queries, at most lanes / 2.
void merge(const Kernels& kernels, std::span<Softmax> running, std::span<const Softmax> pieces,
           Factors* factors) {
  alignas(64) float exponents[lanes] = {};
  for (std::size_t q = 0; q < running.size(); ++q) {
    const float top = std::max(pieces[q].max, running[q].max);
    exponents[2 * q] = running[q].max - top;
    exponents[2 * q + 1] = pieces[q].max - top;
    running[q].max = top;
  }
  kernels.exponentials(exponents, lanes);
  for (std::size_t q = 0; q < running.size(); ++q) {
    factors[q] = {exponents[2 * q], exponents[2 * q + 1]};
    running[q].sum = running[q].sum * factors[q].before + pieces[q].sum * factors[q].piece;
  }
}

// Queries that run together, at least those of one token.
constexpr int most_queries = 24;

// The queries of some tokens that share a head of keys. Query q is of token q / group.
class QueryTile {
 public:
  QueryTile(const Kernels& kernels, const backend::AttentionStep& step, int first_token, int tokens,
            int kv_head, AlignedArray<float>& memory)
      : kernels_(kernels),
        step_(step),
        cache_(static_cast<const KvPanels&>(*step.cache)),
        kv_head_(kv_head),
        group_(step.shape.heads / step.shape.kv_heads),
        head_dim_(step.shape.head_dim),
        channels_(cache_.value_panels() * panel_rows),
        first_token_(first_token),
        running_(static_cast<std::size_t>(tokens * group_)),
        factors_(running_.size()) {
    const int n = tokens * group_;
    const int codes = std::max(head_dim_, chunk_keys) * panel_rows;
    queries_ = memory.grow(
        static_cast<std::size_t>(n) *
            static_cast<std::size_t>(head_dim_ + panel_rows + 2 * chunk_keys + channels_) +
        static_cast<std::size_t>(codes) / sizeof(float));
    products_ = queries_ + n * head_dim_;
    scores_ = products_ + n * panel_rows;
    values_ = scores_ + n * chunk_keys;
    floats_ = values_ + n * channels_;
    codes_ = reinterpret_cast<std::int8_t*>(floats_ + n * chunk_keys);
    std::fill(values_, values_ + n * channels_, 0.0f);
    for (int q = 0; q < n; ++q) std::copy_n(step.q + place(q), head_dim_, queries_ + q * head_dim_);
    for (int t = 0; t < tokens; ++t) {
      const int end = step.places.of(first_token + t) + 1,
                start = step.places.first_of(first_token + t);
      ends_.push_back(end);
      begins_.push_back(step.window > 0 ? std::max(start, end - step.window) : start);
    }
  }

  void run() {
    for (int chunk = begins_.front() / chunk_keys * chunk_keys; chunk < ends_.back();
         chunk += chunk_keys) {
      // Both ends grow from token to token, so that those who see some of the chunk are neighbours.
      int first = 0, last = static_cast<int>(ends_.size());
      while (ends_[static_cast<std::size_t>(first)] <= chunk) ++first;
      while (begins_[static_cast<std::size_t>(last) - 1] >= chunk + chunk_keys) --last;
      score(chunk, first, last);
      add_values(chunk, first, last);
    }
    for (int q = 0; q < static_cast<int>(running_.size()); ++q) {
      const float sum = running_[static_cast<std::size_t>(q)].sum;
      for (int i = 0; i < head_dim_; ++i)
        step_.out[place(q) + i] = values_[q * channels_ + i] / sum;
    }
  }

 private:
  // Keys of a chunk that a token sees.
  struct Range {
    int first, last;
    bool operator==(const Range&) const = default;
  };
  Range range(int chunk, int token) const {
    const auto t = static_cast<std::size_t>(token);
    return {std::max(begins_[t] - chunk, 0), std::min(ends_[t] - chunk, chunk_keys)};
  }
  std::int64_t place(int query) const {
    const std::int64_t token = first_token_ + query / group_;
    return (token * step_.shape.heads + std::int64_t{kv_head_} * group_ + query % group_) *
           head_dim_;
  }

  KvLayout::Factors factors(const float* x, int ldx, int n) const {
    return {x, ldx, n, products_, floats_, codes_};
  }

  // The weights of a chunk's keys for the tokens [first, last), and by what to merge them.
  void score(int chunk, int first, int last) {
    const int from = first * group_, n = (last - first) * group_;
    for (int half = 0; half < range(chunk, last - 1).last; half += panel_rows) {
      std::fill(products_, products_ + n * panel_rows, 0.0f);
      cache_.multiply_keys(kernels_, step_.layer, kv_head_, (chunk + half) / panel_rows,
                           factors(queries_ + from * head_dim_, head_dim_, n));
      for (int q = 0; q < n; ++q)
        std::copy_n(products_ + q * panel_rows, panel_rows,
                    scores_ + (from + q) * chunk_keys + half);
    }
    constexpr int some = lanes / 2;
    for (int q = from; q < from + n; q += some) {
      std::array<Softmax, some> pieces;
      const auto here = static_cast<std::size_t>(std::min(some, from + n - q));
      for (std::size_t i = 0; i < here; ++i) {
        const int query = q + static_cast<int>(i);
        const Range seen = range(chunk, query / group_);
        pieces[i].sum = kernels_.softmax_chunk(scores_ + query * chunk_keys, seen.first, seen.last,
                                               step_.scale, &pieces[i].max);
      }
      const auto at = static_cast<std::size_t>(q);
      merge(kernels_, std::span(running_).subspan(at, here), std::span(pieces).first(here),
            &factors_[at]);
    }
  }

  void add_values(int chunk, int first, int last) {
    for (int token = first; token < last;) {
      const Range seen = range(chunk, token);
      int next = token + 1;
      while (next < last && range(chunk, next) == seen) ++next;
      for (int panel = 0; panel < cache_.value_panels(); ++panel)
        add_panel(chunk, seen, panel, token * group_, (next - token) * group_);
      token = next;
    }
  }

  // Merges one panel of channels for n queries from `from` on, which see the same keys.
  void add_panel(int chunk, Range seen, int panel, int from, int n) {
    std::fill(products_, products_ + n * panel_rows, 0.0f);
    cache_.multiply_values(kernels_, step_.layer, kv_head_, panel, chunk + seen.first,
                           seen.last - seen.first,
                           factors(scores_ + from * chunk_keys + seen.first, chunk_keys, n));
    for (int q = 0; q < n; ++q) {
      const Factors& factor = factors_[static_cast<std::size_t>(from + q)];
      kernels_.merge_panel(values_ + (from + q) * channels_ + panel * panel_rows, factor.before,
                           products_ + q * panel_rows, factor.piece);
    }
  }

  const Kernels& kernels_;
  const backend::AttentionStep& step_;
  const KvPanels& cache_;
  int kv_head_, group_, head_dim_, channels_, first_token_;
  std::vector<Softmax> running_;
  std::vector<Factors> factors_;
  std::vector<int> begins_, ends_;  // of tokens
  float *queries_, *products_, *scores_, *values_, *floats_;
  std::int8_t* codes_;
};

}  // namespace

void CpuBackend::attention(const backend::AttentionStep& step) {
  const std::int64_t kv_heads = step.shape.kv_heads;
  const int group = step.shape.heads / step.shape.kv_heads;
  // Tokens of several timelines share nothing.
  const int most = step.places.timeline_length > 0 ? 1 : std::max(1, most_queries / group);
  const std::int64_t tiles = (step.tokens + most - 1) / most;
  pool_.run(tiles * kv_heads, [&](std::int64_t item, int thread) {
    const int first = static_cast<int>(item / kv_heads) * most;
    QueryTile(kernels_, step, first, std::min(most, step.tokens - first),
              static_cast<int>(item % kv_heads), scratch_[static_cast<std::size_t>(thread)].sums)
        .run();
  });
}

}  // namespace nybble::cpu
