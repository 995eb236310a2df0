// The step feed_forward: norm, gate and up, silu, down, add.
#include <algorithm>
#include <array>

#include "cpu/cpu_backend.h"

namespace nybble::cpu {
namespace {

void add_bias(const float* bias, std::int64_t tokens, int rows, float* sums) {
  if (bias == nullptr) return;
  for (std::int64_t t = 0; t < tokens; ++t) {
    for (int r = 0; r < rows; ++r) sums[t * panel_rows + r] += bias[r];
  }
}

const float* from(const float* bias, std::int64_t row) {
  return bias == nullptr ? nullptr : bias + row;
}

}  // namespace

void CpuBackend::feed_forward(const backend::FeedForwardStep& step) {
  const auto& gate = static_cast<const CpuWeight&>(*step.gate.weight);
  const auto& up = static_cast<const CpuWeight&>(*step.up.weight);
  const std::int64_t tokens = step.tokens, hidden = gate.rows();
  const std::array linears{&step.gate, &step.up};
  const Rows normed = normed_rows(step.norm, step.residual, tokens, linears, step.tap != nullptr);
  if (step.tap != nullptr)
    (*step.tap)(backend::TapPoint::gate_up, normed.x, step.tokens, gate.cols());

  const Inputs gate_inputs = inputs_for(gate, normed, tokens, 0);
  const Inputs up_inputs =
      takes_the_same(gate, up) ? gate_inputs : inputs_for(up, normed, tokens, 1);
  multiply_low_ranks(linears, normed.x, tokens);
  float* out = hidden_.grow(static_cast<std::size_t>(tokens * hidden));
  pool_.run(gate.panels(), [&](std::int64_t panel, int thread) {
    ThreadScratch& scratch = scratch_[static_cast<std::size_t>(thread)];
    const std::int64_t n = tokens * panel_rows, first = panel * panel_rows;
    const int rows = static_cast<int>(std::min<std::int64_t>(panel_rows, hidden - first));
    float* gates = scratch.sums.grow(static_cast<std::size_t>(n));
    float* ups = scratch.more_sums.grow(static_cast<std::size_t>(n));
    gate.multiply(panel, gate_inputs, gates, scratch.weight);
    up.multiply(panel, up_inputs, ups, scratch.weight);
    add_low_rank(step.gate.added, 0, panel, tokens, gates, scratch);
    add_low_rank(step.up.added, 1, panel, tokens, ups, scratch);
    add_bias(from(step.gate.bias, first), tokens, rows, gates);
    add_bias(from(step.up.bias, first), tokens, rows, ups);
    kernels_.silu_multiply(gates, ups, n, gates);
    for (std::int64_t t = 0; t < tokens; ++t)
      std::copy_n(gates + t * panel_rows, rows, out + t * hidden + first);
  });
  if (step.tap != nullptr) (*step.tap)(backend::TapPoint::down, out, step.tokens, hidden);

  const PanelJob job{step.down, add_to(step.down, tokens, step.residual)};
  run_linears({&job, 1}, {out}, tokens);
}

}  // namespace nybble::cpu
