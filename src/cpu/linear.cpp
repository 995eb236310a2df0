// Multiplying activations with weights: the panels of several linears as one list of independent
// items.
#include <array>
#include <cstring>

#include "cpu/a8_block.h"
#include "cpu/activations.h"
#include "cpu/cpu_backend.h"
#include "cpu/norm.h"
#include "cpu/run_format.h"

namespace nybble::cpu {
namespace {

const CpuWeight& panels_of(const backend::Linear& linear) {
  return static_cast<const CpuWeight&>(*linear.weight);  // a backend is only given its own weights
}

// put(out, sum + bias) for a panel of out [tokens, rows of the linear]. The rows of neighbouring
// tokens stand far apart, so that those of later ones are fetched before they are needed.
template <class Put>
void finish_rows(const backend::Linear& linear, std::int64_t tokens, float* out, std::int64_t first,
                 int rows, const float* sums, const Put& put) {
  constexpr std::int64_t ahead = 6;
  const std::int64_t step = linear.weight->rows();
  const float* bias = linear.bias == nullptr ? nullptr : linear.bias + first;
  for (std::int64_t t = 0; t < tokens; ++t, sums += panel_rows) {
    float* row = out + t * step + first;
    if (t + ahead < tokens) {
      __builtin_prefetch(row + ahead * step, 1);
      __builtin_prefetch(row + ahead * step + lanes, 1);
    }
    if (rows == panel_rows && bias == nullptr) {
      // Copies of a known length, into which nothing else points, become vectors.
      std::array<float, panel_rows> values, added;
      std::memcpy(values.data(), row, sizeof values);
      std::memcpy(added.data(), sums, sizeof added);
      for (std::size_t r = 0; r < panel_rows; ++r) put(values[r], added[r]);
      std::memcpy(row, values.data(), sizeof values);
    } else {
      for (int r = 0; r < rows; ++r) put(row[r], bias == nullptr ? sums[r] : sums[r] + bias[r]);
    }
  }
}

}  // namespace

Activations CpuBackend::activations_for(Activations stored, FormatId format) const {
  if (activations_as_stored_ && stored != Activations::floats) return stored;
  const bool is_known = activations_ != Activations::int8_blocks || run_format(format) != nullptr;
  return is_known && formats::info(format).block_len > 1 ? activations_ : Activations::floats;
}

CpuBackend::Rows CpuBackend::normed_rows(const backend::Norm& norm, const float* x,
                                         std::int64_t tokens,
                                         std::span<const backend::Linear* const> linears,
                                         bool is_tapped) {
  const auto takes_floats = [](const backend::Linear* linear) {
    const CpuWeight& weight = panels_of(*linear);
    return !weight.takes_a8() || !weight.column_order().empty() || linear->added.a != nullptr;
  };
  if (!is_tapped && std::ranges::none_of(linears, takes_floats)) return {x, &norm};
  return {normalize(norm, x, tokens, panels_of(*linears[0]).cols())};
}

Inputs CpuBackend::inputs_for(const CpuWeight& weight, const Rows& rows, std::int64_t tokens,
                              std::size_t slot, bool is_head) {
  Rows given = rows;
  const Activations activations = activations_for(weight.activations(), weight.format());
  const auto order = weight.column_order();
  const bool as_a8 = weight.takes_a8();
  const bool rounds = activations != Activations::floats;
  if (rounds) counts_.values += static_cast<std::uint64_t>(tokens * weight.cols());
  if (!rounds && order.empty()) return {.floats = given.x, .tokens = tokens};
  if (!as_a8 || !order.empty()) {
    const std::int64_t cols = weight.cols();
    float* changed = changed_inputs_[slot].grow(static_cast<std::size_t>(tokens * cols));
    std::vector<std::int64_t> outliers(static_cast<std::size_t>(tokens));
    pool_.run(tokens, [&](std::int64_t t, int) {
      const float* in = given.x + t * cols;
      float* out = changed + t * cols;
      for (std::size_t c = 0; c < order.size(); ++c) out[c] = in[order[c]];
      if (!as_a8) {
        outliers[static_cast<std::size_t>(t)] = round_activations(
            activations, weight.input_scale(), order.empty() ? in : out, cols, out);
      }
    });
    for (const std::int64_t n : outliers) counts_.outliers += static_cast<std::uint64_t>(n);
    given.x = changed;
  }
  if (!as_a8) return {.floats = given.x, .tokens = tokens};
  // What the head's inputs lose, nothing after them makes good.
  const bool in_halves = is_head || weight.input_group_len() == lanes;
  const A8Rounding rounding = activations == Activations::int8_tokens ? A8Rounding::tokens
                              : in_halves                             ? A8Rounding::halves
                                                                      : A8Rounding::blocks;
  return {.a8 = quantize(given, weight.cols(), tokens, rounding, slot),
          .a8_rounding = rounding,
          .tokens = tokens};
}

std::vector<std::int64_t> CpuBackend::a8_tiles(std::int64_t tokens) const {
  std::vector<std::int64_t> firsts;
  for (std::int64_t t = 0; t < tokens; t += a8_tile(kernels_.int8.tile(tokens), tokens - t))
    firsts.push_back(t);
  firsts.push_back(tokens);
  return firsts;
}

const A8Block* CpuBackend::quantize(const Rows& rows, std::int64_t cols, std::int64_t tokens,
                                    A8Rounding rounding, std::size_t slot) {
  const std::int64_t blocks = cols / a8_len;
  A8Block* out = a8_inputs_[slot].grow(static_cast<std::size_t>(tokens * blocks));
  const std::vector<std::int64_t> firsts = a8_tiles(tokens);
  pool_.run(static_cast<std::int64_t>(firsts.size()) - 1, [&](std::int64_t i, int thread) {
    const std::int64_t first = firsts[static_cast<std::size_t>(i)],
                       n = firsts[static_cast<std::size_t>(i) + 1] - first;
    const float* x = rows.x + first * cols;
    if (rows.norm != nullptr) {
      float* normed = scratch_[static_cast<std::size_t>(thread)].normed.grow(
          static_cast<std::size_t>(n * cols));
      for (std::int64_t t = 0; t < n; ++t)
        rms_norm(*rows.norm, x + t * cols, cols, normed + t * cols);
      x = normed;
    }
    kernels_.int8.quantize(x, cols, blocks, static_cast<int>(n), rounding, out + first * blocks);
  });
  return out;
}

bool CpuBackend::takes_the_same(const CpuWeight& a, const CpuWeight& b) const {
  return a.takes_a8() && a.input_group_len() == b.input_group_len() && a.column_order().empty() &&
         b.column_order().empty() &&
         activations_for(a.activations(), a.format()) ==
             activations_for(b.activations(), b.format());
}

void CpuBackend::run_linears(std::span<const PanelJob> jobs, const Rows& rows, std::int64_t tokens,
                             bool is_head) {
  std::int64_t n_panels = 0;
  std::vector<Inputs> inputs;
  std::array<const backend::Linear*, 3> linears{};  // there is a slot for each
  for (const PanelJob& job : jobs) {
    const CpuWeight& weight = panels_of(job.linear);
    n_panels += weight.panels();
    linears.at(inputs.size()) = &job.linear;
    const bool is_shared = !inputs.empty() && takes_the_same(panels_of(jobs[0].linear), weight);
    inputs.push_back(is_shared ? inputs[0]
                               : inputs_for(weight, rows, tokens, inputs.size(), is_head));
  }
  multiply_low_ranks(std::span(linears).first(jobs.size()), rows.x, tokens);
  pool_.run(n_panels, [&](std::int64_t item, int thread) {
    std::size_t which = 0;
    while (item >= panels_of(jobs[which].linear).panels())
      item -= panels_of(jobs[which++].linear).panels();
    const CpuWeight& weight = panels_of(jobs[which].linear);
    ThreadScratch& scratch = scratch_[static_cast<std::size_t>(thread)];
    float* sums = scratch.sums.grow(static_cast<std::size_t>(tokens * panel_rows));
    weight.multiply(item, inputs[which], sums, scratch.weight);
    add_low_rank(jobs[which].linear.added, which, item, tokens, sums, scratch);
    const std::int64_t first = item * panel_rows;
    jobs[which].finish(
        first, static_cast<int>(std::min<std::int64_t>(panel_rows, weight.rows() - first)), sums);
  });
}

CpuBackend::FinishPanel CpuBackend::store_to(const backend::Linear& linear, std::int64_t tokens,
                                             float* out) {
  return [linear, tokens, out](std::int64_t first, int rows, const float* sums) {
    finish_rows(linear, tokens, out, first, rows, sums,
                [](float& value, float sum) { value = sum; });
  };
}

CpuBackend::FinishPanel CpuBackend::add_to(const backend::Linear& linear, std::int64_t tokens,
                                           float* out) {
  return [linear, tokens, out](std::int64_t first, int rows, const float* sums) {
    finish_rows(linear, tokens, out, first, rows, sums,
                [](float& value, float sum) { value += sum; });
  };
}

}  // namespace nybble::cpu
