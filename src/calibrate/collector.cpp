#include "calibrate/collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

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

// A symmetric matrix [n, n] of which a backend gives panels (backend::ObserveStep).
std::vector<float> square_of(const std::vector<float>& panels, std::size_t n) {
  std::vector<float> square(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j)
      square[i * n + j] = square[j * n + i] = panels[(j / 32 * n + i) * 32 + j % 32];
  }
  return square;
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
    for (Half& half : input.halves) half.second_moment.resize((n + 31) / 32 * n * 32);
  }
  Half& half = input.halves[static_cast<std::size_t>(half_)];
  backend_.observe({.tokens = tokens,
                    .cols = cols,
                    .x = x,
                    .weight = weight_,
                    .second_moment = half.second_moment.data(),
                    .absmax = input.absmax.data()});
  if (std::ranges::any_of(input.absmax, [](float most) { return std::isinf(most); }))
    refuse_infinite({x, static_cast<std::size_t>(tokens) * n}, input);
  half.tokens += tokens;
  half.weight += double{weight_} * tokens;
}

Statistics Collector::finish() {
  Statistics statistics;
  for (auto& [place, input] : inputs_) {
    const auto n = static_cast<std::size_t>(input.cols);
    for (Half& half : input.halves) {
      half.second_moment = square_of(half.second_moment, n);
      for (std::size_t i = 0; i < n; ++i) half.square_sums.push_back(half.second_moment[i * n + i]);
    }
    statistics.inputs.push_back(std::move(input));
  }
  inputs_.clear();
  return statistics;
}

}  // namespace nybble::calibrate
