#include "calibrate/collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "linalg/dense.h"

namespace nybble::calibrate {
namespace {

InputEntry entry_of(const models::DecoderConfig& config, int layer, backend::TapPoint point) {
  const auto entry = [&](int cols, std::initializer_list<std::string_view> parts) {
    InputEntry result{{}, cols, true};
    for (const std::string_view part : parts)
      result.weights.push_back(fmt::format("blk.{}.{}.weight", layer, part));
    return result;
  };
  using backend::TapPoint;
  if (point == TapPoint::qkv) return entry(config.dim, {"attn_q", "attn_k", "attn_v"});
  if (point == TapPoint::attention_output)
    return entry(config.heads * config.head_dim, {"attn_output"});
  if (point == TapPoint::gate_up) return entry(config.dim, {"ffn_gate", "ffn_up"});
  if (point == TapPoint::down) return entry(config.hidden, {"ffn_down"});
  return {{config.tied ? "token_embd.weight" : "output.weight"}, config.dim, true};
}

// The largest magnitude of each column, over what was there before. False when a value is not
// finite.
bool raise_absmax(std::span<const float> values, ThreadPool& pool, std::span<float> absmax) {
  constexpr std::size_t some = 128;
  const std::size_t cols = absmax.size(), n_items = (cols + some - 1) / some;
  std::vector<char> finite(n_items, 1);
  pool.run(static_cast<std::int64_t>(n_items), [&](std::int64_t item, int) {
    const auto i = static_cast<std::size_t>(item);
    const std::size_t begin = i * some, end = std::min(begin + some, cols);
    float excess = 0;  // not 0 for infinities and NaN
    for (std::size_t row = 0; row < values.size(); row += cols) {
      for (std::size_t c = begin; c < end; ++c) {
        const float value = values[row + c];
        excess += value - value;
        absmax[c] = std::max(absmax[c], std::fabs(value));
      }
    }
    finite[i] = excess == 0;
  });
  return std::ranges::find(finite, 0) == finite.end();
}

[[noreturn]] void refuse_infinite(std::span<const float> values, const InputStatistics& input) {
  const auto bad = std::ranges::find_if(values, [](float value) { return !std::isfinite(value); });
  fail(ErrorKind::invalid_input,
       "calibration: the input of {} has {} in column {}, expected finite numbers; are the weights "
       "before it sound?",
       input.weights.front(), *bad, (bad - values.begin()) % input.cols);
}

}  // namespace

std::vector<InputEntry> layer_inputs(const models::DecoderConfig& config, int layer) {
  using backend::TapPoint;
  std::vector<InputEntry> inputs;
  for (const TapPoint point :
       {TapPoint::qkv, TapPoint::attention_output, TapPoint::gate_up, TapPoint::down})
    inputs.push_back(entry_of(config, layer, point));
  return inputs;
}

InputEntry head_input(const models::DecoderConfig& config) {
  return entry_of(config, config.layers - 1, backend::TapPoint::head);
}

void Collector::add(int layer, backend::TapPoint point, const float* x, int tokens,
                    std::int64_t cols) {
  InputStatistics& input = inputs_[{layer, point}];
  const auto n = static_cast<std::size_t>(cols);
  if (input.cols == 0) {
    input.weights = entry_of(config_, layer, point).weights;
    input.cols = static_cast<int>(cols);
    input.absmax.resize(n);
    for (Half& half : input.halves) half.second_moment.resize(n * n);
  }
  const std::span values(x, static_cast<std::size_t>(tokens) * n);
  if (!raise_absmax(values, pool_, input.absmax)) refuse_infinite(values, input);
  Half& half = input.halves[static_cast<std::size_t>(half_)];
  linalg::add_outer_products(scale(values), input.cols, pool_, half.second_moment);
  half.tokens += tokens;
  half.weight += double{weight_} * tokens;
}

std::span<const float> Collector::scale(std::span<const float> values) {
  if (weight_ == 1) return values;
  scaled_.assign(values.begin(), values.end());
  const float root = std::sqrt(weight_);
  for (float& value : scaled_) value *= root;
  return scaled_;
}

Statistics Collector::finish() {
  Statistics statistics;
  for (auto& [place, input] : inputs_) {
    const auto n = static_cast<std::size_t>(input.cols);
    for (Half& half : input.halves) {
      linalg::mirror(half.second_moment, input.cols);
      for (std::size_t i = 0; i < n; ++i) half.square_sums.push_back(half.second_moment[i * n + i]);
    }
    statistics.inputs.push_back(std::move(input));
  }
  inputs_.clear();
  return statistics;
}

}  // namespace nybble::calibrate
