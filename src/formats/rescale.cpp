#include "formats/rescale.h"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstring>
#include <numeric>
#include <type_traits>

#include "base/half.h"

namespace nybble::formats {
namespace {

template <class F>
concept HasHalfScale = requires(const typename F::Block& block) {
  { block.scale } -> std::convertible_to<Half>;
};
template <class F>
concept HasHalfOffset = HasHalfScale<F> && requires(const typename F::Block& block) {
  { block.offset } -> std::convertible_to<Half>;
};
template <class F>
concept HasFloatScale = std::is_same_v<decltype(F::Block::scale), float>;
// Whose scales layouts store in 16 bits.
template <class F>
concept HasShortScale = HasFloatScale<F> && requires {
  F::scale_bits;
};
template <class F>
constexpr int n_floats = HasHalfOffset<F> ? 2 : 1;

// A scale is never 0 or infinite in a block whose codes mean something.
Half half_of(float value) {
  constexpr float largest = 65504;
  return to_half(std::clamp(value, -largest, largest));
}
// The nearest float that is a half and a bfloat16.
float short_float_of(float value) {
  constexpr float largest = 65280;
  return to_float(to_half(to_float(to_bf16(std::clamp(value, -largest, largest)))));
}

template <class F>
auto storable(float value) {
  if constexpr (HasHalfScale<F>) {
    return half_of(value);
  } else if constexpr (HasShortScale<F>) {
    return short_float_of(value);
  } else {
    return value;
  }
}

template <class F>
typename F::Block block_at(const std::byte* blocks, std::size_t b) {
  typename F::Block block;
  std::memcpy(&block, blocks + b * sizeof(block), sizeof(block));
  return block;
}

template <class F>
void read_floats(const std::byte* blocks, std::size_t n, float* values) {
  for (std::size_t b = 0; b < n; ++b) {
    const auto block = block_at<F>(blocks, b);
    if constexpr (HasFloatScale<F>) {
      *values++ = block.scale;
    } else {
      *values++ = to_float(block.scale);
    }
    if constexpr (HasHalfOffset<F>) *values++ = to_float(block.offset);
  }
}

template <class F>
void write_floats(const float* values, std::size_t n, std::byte* blocks) {
  for (std::size_t b = 0; b < n; ++b) {
    auto block = block_at<F>(blocks, b);
    block.scale = storable<F>(*values++);
    if constexpr (HasHalfOffset<F>) block.offset = storable<F>(*values++);
    std::memcpy(blocks + b * sizeof(block), &block, sizeof(block));
  }
}

template <class F>
float along(const typename F::Block& direction, const float* gradient) {
  float weights[F::block_len];
  F::decode(direction, weights);
  // Sums that do not wait for one another.
  constexpr int n_sums = std::gcd(F::block_len, 16);
  double sums[n_sums] = {};
  for (int i = 0; i < F::block_len; i += n_sums)
    for (int s = 0; s < n_sums; ++s) sums[s] += double{weights[i + s]} * double{gradient[i + s]};
  return static_cast<float>(std::accumulate(sums, sums + n_sums, 0.0));
}

// The weights of a block with one float 1 and the other 0 are the derivative by that float.
template <class F>
void differentiate_floats(const std::byte* blocks, std::size_t n, const float* gradient,
                          float* by_values) {
  const auto one = storable<F>(1), zero = storable<F>(0);
  for (std::size_t b = 0; b < n; ++b, gradient += F::block_len) {
    auto block = block_at<F>(blocks, b);
    block.scale = one;
    if constexpr (HasHalfOffset<F>) block.offset = zero;
    *by_values++ = along<F>(block, gradient);
    if constexpr (HasHalfOffset<F>) {
      block.scale = zero;
      block.offset = one;
      *by_values++ = along<F>(block, gradient);
    }
  }
}

struct RescalingOf {
  template <class F>
  const Rescaling* operator()() const {
    if constexpr (HasHalfScale<F> || HasFloatScale<F>) {
      static constexpr Rescaling rescaling{n_floats<F>, read_floats<F>, write_floats<F>,
                                           differentiate_floats<F>};
      return &rescaling;
    } else {
      return nullptr;
    }
  }
};

}  // namespace

const Rescaling* rescaling(FormatId format) {
  return visit(format, RescalingOf{});
}

}  // namespace nybble::formats
