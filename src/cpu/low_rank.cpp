// What adapters add to linears: two small products in float32 beside that of the weight.
#include <algorithm>

#include "cpu/cpu_backend.h"

namespace nybble::cpu {
namespace {

const CpuWeight& of(const backend::Weight* weight) {
  return static_cast<const CpuWeight&>(*weight);  // a backend is only given its own weights
}

}  // namespace

void CpuBackend::multiply_low_ranks(std::span<const backend::Linear* const> linears, const float* x,
                                    std::int64_t tokens) {
  std::int64_t n_panels = 0;
  for (std::size_t i = 0; i < linears.size(); ++i) {
    if (linears[i]->added.a == nullptr) continue;
    const CpuWeight& a = of(linears[i]->added.a);
    low_ranks_[i].grow(static_cast<std::size_t>(tokens * a.rows()));
    n_panels += a.panels();
  }
  if (n_panels == 0) return;
  pool_.run(n_panels, [&](std::int64_t panel, int thread) {
    std::size_t i = 0;
    for (;; ++i) {
      const std::int64_t own =
          linears[i]->added.a == nullptr ? 0 : of(linears[i]->added.a).panels();
      if (panel < own) break;
      panel -= own;
    }
    const CpuWeight& a = of(linears[i]->added.a);
    ThreadScratch& scratch = scratch_[static_cast<std::size_t>(thread)];
    float* sums = scratch.added.grow(static_cast<std::size_t>(tokens * panel_rows));
    a.multiply(panel, {.floats = x, .tokens = tokens}, sums, scratch.weight);
    const std::int64_t first = panel * panel_rows,
                       rows = std::min<std::int64_t>(panel_rows, a.rows() - first);
    for (std::int64_t t = 0; t < tokens; ++t)
      std::copy_n(sums + t * panel_rows, rows, low_ranks_[i].data() + t * a.rows() + first);
  });
}

void CpuBackend::add_low_rank(const backend::LowRank& added, std::size_t slot, std::int64_t panel,
                              std::int64_t tokens, float* sums, ThreadScratch& scratch) const {
  if (added.b == nullptr) return;
  float* products = scratch.added.grow(static_cast<std::size_t>(tokens * panel_rows));
  of(added.b).multiply(panel, {.floats = low_ranks_[slot].data(), .tokens = tokens}, products,
                       scratch.weight);
  for (std::int64_t i = 0; i < tokens * panel_rows; ++i) sums[i] += products[i];
}

}  // namespace nybble::cpu
