#include "gradients/bf16_products.h"

#include <algorithm>

namespace nybble::gradients {
namespace {

using cpu::bf16_panel;

// Panels of a tile of the result. With 256 values along k, 64 KiB and 128 KiB of operands: they fit
// the second-level cache.
constexpr int tile_left = 4, tile_right = 8;

int pieces(std::int64_t n, std::int64_t size) {
  return static_cast<int>((n + size - 1) / size);
}

// put(c, sum) for all of a result.
template <class Put>
void for_sums(const Bf16Panels& left, const Bf16Panels& right, float* c, const Engine& engine,
              const Put& put) {
  const int across = pieces(right.count(), tile_right);
  const std::int64_t tiles = std::int64_t{pieces(left.count(), tile_left)} * across;
  engine.pool.run(tiles, [&](std::int64_t item, int) {
    const int i = static_cast<int>(item / across) * tile_left,
              j = static_cast<int>(item % across) * tile_right;
    const int rows = std::min(tile_left, left.count() - i),
              cols = std::min(tile_right, right.count() - j);
    alignas(64) float sums[tile_left * tile_right * bf16_panel * bf16_panel];
    engine.bf16->multiply({left.panel(i), right.panel(j), left.steps(), rows, cols, sums});
    const int last_row = std::min((i + rows) * bf16_panel, left.vectors()),
              first_col = j * bf16_panel,
              n = std::min(cols * bf16_panel, right.vectors() - first_col);
    const float* sum = sums;
    for (int r = i * bf16_panel; r < last_row; ++r, sum += cols * bf16_panel) {
      float* out = c + std::int64_t{r} * right.vectors() + first_col;
      for (int col = 0; col < n; ++col) put(out[col], sum[col]);
    }
  });
}

}  // namespace

Bf16Panels::Bf16Panels(const Bf16Operand& source, cpu::Bf16Side side, const Engine& engine)
    : vectors_(source.vectors),
      count_(pieces(source.vectors, bf16_panel)),
      steps_(pieces(source.k, cpu::bf16_step)),
      values_(std::make_unique_for_overwrite<std::uint16_t[]>(
          static_cast<std::size_t>(count_ * size()))) {
  engine.pool.run(count_, [&](std::int64_t p, int) {
    const int first = static_cast<int>(p) * bf16_panel;
    engine.bf16->pack({source.values + first * source.vector_stride, source.vector_stride,
                       source.k_stride, std::min(bf16_panel, source.vectors - first), source.k},
                      side, values_.get() + p * size());
  });
}

void multiply_bf16(const Bf16Panels& left, const Bf16Panels& right, float* c,
                   const Engine& engine) {
  for_sums(left, right, c, engine, [](float& value, float sum) { value = sum; });
}

void multiply_add_bf16(const Bf16Panels& left, const Bf16Panels& right, float factor, float* c,
                       const Engine& engine) {
  for_sums(left, right, c, engine, [&](float& value, float sum) { value += factor * sum; });
}

}  // namespace nybble::gradients
