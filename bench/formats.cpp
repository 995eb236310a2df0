// Speed of decoding and encoding every listed format on one core, in weights and in bytes of blocks
// a second.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "formats/registry.h"

namespace nybble::formats {
namespace {

constexpr std::size_t n_weights = std::size_t{64} << 10;  // stays in the second-level cache

// A sum of uniform numbers: about normal, like weights.
std::vector<float> random_weights() {
  std::mt19937 random(1);
  std::vector<float> weights(n_weights);
  for (float& weight : weights) {
    weight = -0.08f;
    for (int i = 0; i < 8; ++i) weight += 0.02f * static_cast<float>(random() >> 8) * 0x1p-24f;
  }
  return weights;
}

// Bytes below 0x40 make no infinite scale in any format.
std::vector<std::byte> random_blocks(std::size_t size) {
  std::mt19937 random(2);
  std::vector<std::byte> blocks(size);
  for (std::byte& byte : blocks) byte = static_cast<std::byte>(random() & 0x3f);
  return blocks;
}

void report(benchmark::State& state, std::size_t block_bytes) {
  const auto iterations = static_cast<std::int64_t>(state.iterations());
  state.SetBytesProcessed(iterations * static_cast<std::int64_t>(block_bytes));
  state.counters["weights"] = benchmark::Counter(static_cast<double>(n_weights),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

void decode(benchmark::State& state, const FormatInfo& format) {
  const std::size_t n_blocks = n_weights / static_cast<std::size_t>(format.block_len);
  const auto blocks = random_blocks(n_blocks * static_cast<std::size_t>(format.block_bytes));
  std::vector<float> weights(n_weights);
  for (auto _ : state) {
    format.decode(blocks.data(), n_blocks, weights.data());
    benchmark::DoNotOptimize(weights.data());
    benchmark::ClobberMemory();
  }
  report(state, blocks.size());
}

void encode(benchmark::State& state, const FormatInfo& format) {
  const std::size_t n_blocks = n_weights / static_cast<std::size_t>(format.block_len);
  const auto weights = random_weights();
  std::vector<std::byte> blocks(n_blocks * static_cast<std::size_t>(format.block_bytes));
  for (auto _ : state) {
    format.encode(weights.data(), nullptr, n_blocks, blocks.data());
    benchmark::DoNotOptimize(blocks.data());
    benchmark::ClobberMemory();
  }
  report(state, blocks.size());
}

const bool registered = [] {
  for (const FormatInfo& format : all()) {
    const std::string name(format.name);
    benchmark::RegisterBenchmark(("decode/" + name).c_str(), decode, format)
        ->Unit(benchmark::kMicrosecond);
    if (format.encode == nullptr) continue;
    benchmark::RegisterBenchmark(("encode/" + name).c_str(), encode, format)
        ->Unit(benchmark::kMicrosecond);
  }
  return true;
}();

}  // namespace
}  // namespace nybble::formats
