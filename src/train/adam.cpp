#include "train/adam.h"

#include <array>
#include <cmath>

#include "base/pieces.h"

namespace nybble::train {

using Signs = ByteMoments::Signs;

Adam::Adam(std::size_t n, const AdamOptions& options)
    : options_(options),
      first_(options.in_bytes ? 0 : n),
      second_(first_.size()),
      first_bytes_(options.in_bytes ? n : 0, Signs::both),
      second_bytes_(options.in_bytes ? n : 0, Signs::positive) {}

Adam::Step Adam::begin(float rate) {
  ++steps_;
  return {rate, 1 / (1 - std::pow(options_.beta1, steps_)),
          1 / (1 - std::pow(options_.beta2, steps_))};
}

void Adam::step_part(const Step& step, std::size_t start, std::span<const float> gradient,
                     std::span<const float> units, std::span<float> values) {
  // Values [from, from + n) of the part, whose moments begin at `first` and `second`. With a unit
  // the step is that of value / unit, whose gradient is the gradient times it.
  const auto move = [&](std::size_t from, std::size_t n, float* first, float* second) {
    for (std::size_t i = 0; i < n; ++i) {
      const float unit = units.empty() ? 1 : units[from + i], g = gradient[from + i] * unit;
      first[i] = options_.beta1 * first[i] + (1 - options_.beta1) * g;
      second[i] = options_.beta2 * second[i] + (1 - options_.beta2) * g * g;
      const float way =
          first[i] * step.share1 / (std::sqrt(second[i] * step.share2) + options_.epsilon);
      float& value = values[from + i];
      value -= step.rate * (way * unit + options_.decay * value);
    }
  };
  if (!options_.in_bytes) return move(0, values.size(), &first_[start], &second_[start]);
  std::array<float, ByteMoments::block_len> first, second;
  for (std::size_t from = 0; from < values.size(); from += ByteMoments::block_len) {
    const std::size_t block = (start + from) / ByteMoments::block_len,
                      len = std::min(ByteMoments::block_len, values.size() - from);
    const auto firsts = std::span(first).first(len), seconds = std::span(second).first(len);
    first_bytes_.read(block, firsts);
    second_bytes_.read(block, seconds);
    move(from, len, first.data(), second.data());
    first_bytes_.write(block, firsts);
    second_bytes_.write(block, seconds);
  }
}

void Adam::step(std::span<const float> gradient, float rate, std::span<const float> units,
                std::span<float> values, ThreadPool& pool) {
  static_assert(piece_len % ByteMoments::block_len == 0);
  const Step step = begin(rate);
  for_pieces(values.size(), pool, [&](std::size_t first, std::size_t n) {
    step_part(step, first, gradient.subspan(first, n),
              units.empty() ? units : units.subspan(first, n), values.subspan(first, n));
  });
}

std::vector<std::span<float>> Adam::state() {
  if (options_.in_bytes) return {first_bytes_.scales(), second_bytes_.scales(), {&steps_, 1}};
  return {first_, second_, {&steps_, 1}};
}

std::vector<std::span<std::uint8_t>> Adam::codes() {
  if (!options_.in_bytes) return {};
  return {first_bytes_.codes(), second_bytes_.codes()};
}

}  // namespace nybble::train
