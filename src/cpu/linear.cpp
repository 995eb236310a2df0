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

Activations CpuBackend::activations_for(const PanelWeight& weight) const {
  if (activations_as_stored_ && weight.activations() != Activations::floats)
    return weight.activations();
  return formats::info(weight.format()).block_len > 1 ? activations_ : Activations::floats;
}

const float* CpuBackend::inputs_for(const PanelWeight& weight, const float* x, std::int64_t tokens,
                                    std::size_t slot) {
  const Activations activations = activations_for(weight);
  const auto order = weight.column_order();
  if (activations == Activations::floats && order.empty()) return x;
  const std::int64_t cols = weight.cols();
  float* changed = changed_inputs_[slot].grow(static_cast<std::size_t>(tokens * cols));
  std::vector<std::int64_t> outliers(static_cast<std::size_t>(tokens));
  pool_.run(tokens, [&](std::int64_t t, int) {
    const float* in = x + t * cols;
    float* out = changed + t * cols;
    for (std::size_t c = 0; c < order.size(); ++c) out[c] = in[order[c]];
    outliers[static_cast<std::size_t>(t)] =
        round_activations(activations, order.empty() ? in : out, cols, out);
  });
  if (activations != Activations::floats) {
    counts_.values += static_cast<std::uint64_t>(tokens * cols);
    for (const std::int64_t n : outliers) counts_.outliers += static_cast<std::uint64_t>(n);
  }
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
