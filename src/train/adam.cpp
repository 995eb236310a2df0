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

struct Adam::Update {
  const AdamOptions& options;
  float rate, share1, share2;

  Update(const AdamOptions& o, float rate_now, float steps)
      : options(o),
        rate(rate_now),
        share1(1 / (1 - std::pow(o.beta1, steps))),
        share2(1 / (1 - std::pow(o.beta2, steps))) {}

  // With a unit the step is that of value / unit, whose gradient is the gradient times it.
  void operator()(float gradient, float unit, float& first, float& second, float& value) const {
    const float g = gradient * unit;
    first = options.beta1 * first + (1 - options.beta1) * g;
    second = options.beta2 * second + (1 - options.beta2) * g * g;
    const float move = first * share1 / (std::sqrt(second * share2) + options.epsilon);
    value -= rate * (move * unit + options.decay * value);
  }
};

void Adam::step(std::span<const float> gradient, float rate, std::span<const float> units,
                std::span<float> values, ThreadPool& pool) {
  const Update update(options_, rate, ++steps_);
  // Values [from, from + n), whose moments begin at `first` and `second`.
  const auto move = [&](std::size_t from, std::size_t n, float* first, float* second) {
    for (std::size_t i = 0; i < n; ++i)
      update(gradient[from + i], units.empty() ? 1 : units[from + i], first[i], second[i],
             values[from + i]);
  };
  static_assert(piece_len % ByteMoments::block_len == 0);
  for_pieces(values.size(), pool, [&](std::size_t start, std::size_t n) {
    if (!options_.in_bytes) return move(start, n, &first_[start], &second_[start]);
    std::array<float, ByteMoments::block_len> first, second;
    for (std::size_t from = start; from < start + n; from += ByteMoments::block_len) {
      const std::size_t block = from / ByteMoments::block_len,
                        len = std::min(ByteMoments::block_len, start + n - from);
      const auto firsts = std::span(first).first(len), seconds = std::span(second).first(len);
      first_bytes_.read(block, firsts);
      second_bytes_.read(block, seconds);
      move(from, len, first.data(), second.data());
      first_bytes_.write(block, firsts);
      second_bytes_.write(block, seconds);
    }
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
