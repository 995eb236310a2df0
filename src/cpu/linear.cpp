// Multiplying activations with weights: the panels of several linears as one list of independent
// items.
#include "cpu/activations.h"
#include "cpu/cpu_backend.h"

namespace nybble::cpu {
namespace {

const PanelWeight& panels_of(const backend::Linear& linear) {
  return static_cast<const PanelWeight&>(
      *linear.weight);  // a backend is only given its own weights
}

}  // namespace

const float* CpuBackend::inputs_for(const PanelWeight& weight, const float* x, std::int64_t tokens,
                                    std::size_t slot) {
  const bool rounds = int8_activations_ && formats::info(weight.format()).block_len > 1;
  const auto order = weight.column_order();
  if (!rounds && order.empty()) return x;
  const std::int64_t cols = weight.cols();
  float* changed = changed_inputs_[slot].grow(static_cast<std::size_t>(tokens * cols));
  pool_.run(tokens, [&](std::int64_t t, int) {
    const float* in = x + t * cols;
    float* out = changed + t * cols;
    for (std::size_t c = 0; c < order.size(); ++c) out[c] = in[order[c]];
    if (rounds) round_to_a8(order.empty() ? in : out, cols, out);
  });
  return changed;
}

void CpuBackend::run_linears(std::span<const PanelJob> jobs, const float* x, std::int64_t tokens) {
  std::int64_t n_panels = 0;
  std::vector<const float*> inputs;
  for (const PanelJob& job : jobs) {
    n_panels += panels_of(job.linear).panels();
    inputs.push_back(inputs_for(panels_of(job.linear), x, tokens, inputs.size()));
  }
  pool_.run(n_panels, [&](std::int64_t item, int thread) {
    std::size_t which = 0;
    while (item >= panels_of(jobs[which].linear).panels())
      item -= panels_of(jobs[which++].linear).panels();
    const PanelWeight& weight = panels_of(jobs[which].linear);
    ThreadScratch& scratch = scratch_[static_cast<std::size_t>(thread)];
    float* sums = scratch.sums.grow(static_cast<std::size_t>(tokens * panel_rows));
    weight.multiply(item, inputs[which], tokens, sums, scratch.weight);
    const std::int64_t first = item * panel_rows;
    jobs[which].finish(
        first, static_cast<int>(std::min<std::int64_t>(panel_rows, weight.rows() - first)), sums);
  });
}

CpuBackend::FinishPanel CpuBackend::store_to(const backend::Linear& linear, std::int64_t tokens,
                                             float* out) {
  return [linear, tokens, out](std::int64_t first, int rows, const float* sums) {
    for (std::int64_t t = 0; t < tokens; ++t) {
      float* row = out + t * linear.weight->rows() + first;
      for (int r = 0; r < rows; ++r) {
        const float sum = sums[t * panel_rows + r];
        row[r] = linear.bias == nullptr ? sum : sum + linear.bias[first + r];
      }
    }
  };
}

CpuBackend::FinishPanel CpuBackend::add_to(const backend::Linear& linear, std::int64_t tokens,
                                           float* out) {
  return [linear, tokens, out](std::int64_t first, int rows, const float* sums) {
    for (std::int64_t t = 0; t < tokens; ++t) {
      float* row = out + t * linear.weight->rows() + first;
      for (int r = 0; r < rows; ++r) {
        const float sum = sums[t * panel_rows + r];
        row[r] += linear.bias == nullptr ? sum : sum + linear.bias[first + r];
      }
    }
  };
}

}  // namespace nybble::cpu
