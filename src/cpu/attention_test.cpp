// The step attention against softmax attention in double.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "cpu/cpu_backend.h"
#include "cpu/kv_panels.h"

namespace nybble::cpu {
namespace {

constexpr int positions = 150, heads = 6, kv_heads = 2,
              head_dim = 40;  // no whole chunks, no whole panels

struct Filled {
  KvPanels cache{{.layers = 2, .kv_heads = kv_heads, .head_dim = head_dim, .context = positions},
                 kv_layout(id_of<formats::F32>()),
                 kv_layout(id_of<formats::F32>())};
  std::vector<float> keys, values, queries;  // [positions, heads, head_dim]

  explicit Filled(std::mt19937& random) {
    const auto draw = [&](std::vector<float>& out, int n) {
      out.resize(static_cast<std::size_t>(n));
      for (float& x : out) x = std::normal_distribution<float>()(random);
    };
    draw(keys, positions * kv_heads * head_dim);
    draw(values, positions * kv_heads * head_dim);
    draw(queries, positions * heads * head_dim);
    for (int p = 0; p < positions; ++p) {
      for (int h = 0; h < kv_heads; ++h) {
        const std::size_t offset = static_cast<std::size_t>((p * kv_heads + h) * head_dim);
        cache.put(1, h, p, keys.data() + offset, values.data() + offset);
      }
    }
  }
};

std::vector<double> exact(const Filled& f, int position, int head, int window, float scale) {
  const int first = window > 0 ? std::max(0, position - window + 1) : 0,
            kv_head = head / (heads / kv_heads);
  const auto at = [&](const std::vector<float>& x, int p, int i) {
    return double{x[static_cast<std::size_t>((p * kv_heads + kv_head) * head_dim + i)]};
  };
  std::vector<double> out(head_dim);
  double sum = 0;
  for (int p = first; p <= position; ++p) {
    double score = 0;
    for (int i = 0; i < head_dim; ++i) {
      score +=
          double{f.queries[static_cast<std::size_t>((position * heads + head) * head_dim + i)]} *
          at(f.keys, p, i);
    }
    const double weight = std::exp(score * scale);
    sum += weight;
    for (int i = 0; i < head_dim; ++i)
      out[static_cast<std::size_t>(i)] += weight * at(f.values, p, i);
  }
  for (double& x : out) x /= sum;
  return out;
}

struct CacheFormats {
  FormatId keys, values;
};

// Attention of all queries over a cache that keeps what `round` makes of keys and values.
template <class Round>
std::vector<float> attend(const Filled& filled, CacheFormats formats, int window,
                          const Round& round) {
  KvPanels cache({.layers = 1, .kv_heads = kv_heads, .head_dim = head_dim, .context = positions},
                 kv_layout(formats.keys), kv_layout(formats.values));
  std::vector<float> out(filled.queries.size());
  for (int p = 0; p < positions; ++p) {
    for (int h = 0; h < kv_heads; ++h) {
      const auto of = [&](const std::vector<float>& x) {
        const auto at = x.begin() + static_cast<std::ptrdiff_t>(p * kv_heads + h) * head_dim;
        return std::vector<float>(at, at + head_dim);
      };
      const std::vector<float> key = round(of(filled.keys)), value = round(of(filled.values));
      cache.put(0, h, p, key.data(), value.data());
    }
  }
  CpuBackend({.threads = 2})
      .attention({.tokens = positions,
                  .layer = 0,
                  .places = {},
                  .shape = {heads, kv_heads, head_dim},
                  .scale = 0.158f,
                  .window = window,
                  .q = filled.queries.data(),
                  .cache = &cache,
                  .out = out.data()});
  return out;
}

// What a format makes of a key: blocks of 32, the last filled up with zeros.
std::vector<float> as_format(FormatId format, std::vector<float> x) {
  const formats::FormatInfo& info = formats::info(format);
  const std::size_t n = (x.size() + 31) / 32 * 32 / static_cast<std::size_t>(info.block_len);
  const std::size_t size = x.size();
  x.resize(n * static_cast<std::size_t>(info.block_len));
  std::vector<std::byte> blocks(n * static_cast<std::size_t>(info.block_bytes));
  if (info.encode_plain == nullptr) {
    info.encode(x.data(), nullptr, n, blocks.data());
  } else {
    info.encode_plain(x.data(), n, blocks.data());
  }
  info.decode(blocks.data(), n, x.data());
  x.resize(size);
  return x;
}

}  // namespace

class attention : public testing::TestWithParam<int> {};

TEST_P(attention, agrees_with_double) {
  const int window = GetParam();
  constexpr float scale = 0.158f;
  std::mt19937 random(5);
  Filled filled(random);
  CpuBackend backend({.threads = 2});
  std::vector<float> out(filled.queries.size());

  backend.attention({.tokens = positions,
                     .layer = 1,
                     .places = {},
                     .shape = {heads, kv_heads, head_dim},
                     .scale = scale,
                     .window = window,
                     .q = filled.queries.data(),
                     .cache = &filled.cache,
                     .out = out.data()});

  // A score sums 40 products of size about 1: error 40 * 2^-24 * 6, which exp turns into a relative
  // one; the weighted mean of values up to 5 adds 150 roundings. 1e-4 holds ten times that.
  for (int p = 0; p < positions; ++p) {
    for (int h = 0; h < heads; ++h) {
      const std::vector<double> expected = exact(filled, p, h, window, scale);
      for (int i = 0; i < head_dim; ++i) {
        ASSERT_NEAR(out[static_cast<std::size_t>((p * heads + h) * head_dim + i)],
                    expected[static_cast<std::size_t>(i)], 1e-4)
            << p << ", " << h << ", " << i;
      }
    }
  }
}

// Timelines of 64 positions: the second token stands at position 9 of the second.
TEST_P(attention, sees_only_its_own_timeline) {
  constexpr int length = 64, row = heads * head_dim;
  std::mt19937 random(5);
  Filled filled(random), moved(random);
  const int last = length + 9;
  for (int p = length; p <= last; ++p) {
    for (int h = 0; h < kv_heads; ++h) {
      const std::size_t offset = static_cast<std::size_t>((p * kv_heads + h) * head_dim);
      moved.cache.put(1, h, p - length, filled.keys.data() + offset, filled.values.data() + offset);
    }
  }
  const auto run = [&](const backend::KvCache& cache, backend::Places places, int tokens) {
    std::vector<float> out(static_cast<std::size_t>(2 * row));
    CpuBackend({.threads = 2})
        .attention({.tokens = tokens,
                    .layer = 1,
                    .places = places,
                    .shape = {heads, kv_heads, head_dim},
                    .scale = 0.158f,
                    .window = GetParam(),
                    .q = filled.queries.data() + (2 - tokens) * row,
                    .cache = &cache,
                    .out = out.data() + (2 - tokens) * row});
    return std::vector<float>(out.begin() + row, out.end());
  };

  EXPECT_EQ(run(filled.cache, {.position = 9, .timeline_length = length}, 2),
            run(moved.cache, {.position = 9}, 1));
}

// Keys and values are as if they had been rounded before.
TEST_P(attention, widens_what_a_small_cache_holds) {
  std::mt19937 random(5);
  const Filled filled(random);
  constexpr FormatId f32 = id_of<formats::F32>();
  const auto keep = [](std::vector<float> x) { return x; };
  for (const FormatId format : {id_of<formats::F16>(), id_of<formats::BF16>()}) {
    const auto round = [&](std::vector<float> x) { return as_format(format, std::move(x)); };

    EXPECT_EQ(attend(filled, {format, format}, GetParam(), keep),
              attend(filled, {f32, f32}, GetParam(), round));
  }
}

TEST_P(attention, multiplies_codes_of_a_small_cache) {
  std::mt19937 random(5);
  const Filled filled(random);
  constexpr FormatId f32 = id_of<formats::F32>();
  const auto keep = [](std::vector<float> x) { return x; };
  for (const FormatId format : {id_of<formats::Q8_0>(), id_of<formats::Q4_0>()}) {
    const auto round = [&](std::vector<float> x) { return as_format(format, std::move(x)); };

    const auto found = attend(filled, {format, format}, GetParam(), keep);
    const auto expected = attend(filled, {f32, f32}, GetParam(), round);

    // The same numbers, multiplied in another order: within what agrees_with_double allows.
    for (std::size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-4) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(windows, attention, testing::Values(0, 1, 63, 64, 65, 100, 1000));

}  // namespace nybble::cpu
