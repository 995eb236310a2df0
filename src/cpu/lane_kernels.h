// The kernels, written once over a type of 16 float lanes. Each ISA level includes this file with
// its own Lanes. Everything has internal linkage, so that no function compiled for one ISA level
// can be linked into another.
#pragma once

#include "cpu/int8_kernels.h"
#include "cpu/kernels.h"

namespace nybble::cpu {
namespace {

// Elements of panels.
struct F32Elements {
  using Bits = float;
  template <class Lanes>
  static Lanes load(const Bits* bits) {
    return Lanes::load(bits);
  }
};
struct F16Elements {
  using Bits = uint16_t;
  template <class Lanes>
  static Lanes load(const Bits* bits) {
    return Lanes::load_f16(bits);
  }
};
struct Bf16Elements {
  using Bits = uint16_t;
  template <class Lanes>
  static Lanes load(const Bits* bits) {
    return Lanes::load_bf16(bits);
  }
};

struct Int8Elements {
  using Bits = int8_t;
  template <class Lanes>
  static Lanes load(const Bits* bits) {
    return Lanes::load_int8(bits);
  }
};

// One tile: `groups` times 16 rows by `tokens`, all sums in registers.
template <class Lanes, class Elements, int groups, int tokens>
void multiply_tile(const typename Elements::Bits* panel, int64_t k, const float* x, int64_t ldx,
                   float* acc) {
  Lanes sums[tokens][groups];
  for (int t = 0; t < tokens; ++t) {
    for (int g = 0; g < groups; ++g) sums[t][g] = Lanes::load(acc + t * panel_rows + g * lanes);
  }
  for (int64_t i = 0; i < k; ++i) {
    Lanes weights[groups];
    for (int g = 0; g < groups; ++g) {
      weights[g] = Elements::template load<Lanes>(panel + i * panel_rows + g * lanes);
    }
    for (int t = 0; t < tokens; ++t) {
      const Lanes value = Lanes::set(x[t * ldx + i]);
      for (int g = 0; g < groups; ++g) sums[t][g] = Lanes::fma(weights[g], value, sums[t][g]);
    }
  }
  for (int t = 0; t < tokens; ++t) {
    for (int g = 0; g < groups; ++g) sums[t][g].store(acc + t * panel_rows + g * lanes);
  }
}

// Both halves of the panel at once where the registers hold all sums, else one after the other.
template <class Lanes, class Elements, int tokens>
void multiply_tokens(const typename Elements::Bits* panel, int64_t k, const float* x, int64_t ldx,
                     float* acc) {
  if constexpr (2 * tokens <= Lanes::max_sums) {
    multiply_tile<Lanes, Elements, 2, tokens>(panel, k, x, ldx, acc);
  } else {
    multiply_tile<Lanes, Elements, 1, tokens>(panel, k, x, ldx, acc);
    multiply_tile<Lanes, Elements, 1, tokens>(panel + lanes, k, x, ldx, acc + lanes);
  }
}

// Tiles of `tokens`, then the rest in tiles of half as many.
template <class Lanes, class Elements, int tokens>
void multiply_rest(const typename Elements::Bits* panel, int64_t k, const float* x, int64_t ldx,
                   int64_t n, float* acc) {
  for (; n >= tokens; n -= tokens) {
    multiply_tokens<Lanes, Elements, tokens>(panel, k, x, ldx, acc);
    x += tokens * ldx;
    acc += tokens * panel_rows;
  }
  if constexpr (tokens > 1) multiply_rest<Lanes, Elements, tokens / 2>(panel, k, x, ldx, n, acc);
}

template <class Lanes, class Elements>
void multiply(const void* panel, int64_t k, const float* x, int64_t ldx, int64_t tokens,
              float* acc) {
  const auto* bits = static_cast<const typename Elements::Bits*>(panel);
  multiply_rest<Lanes, Elements, Lanes::tile_tokens>(bits, k, x, ldx, tokens, acc);
}

// exp within 1.1 ulp: x = n ln 2 + r, |r| <= ln 2 / 2, Taylor to r^7 (the rest is below 2^-27 of
// the sum). 0 below the smallest normal float, infinity above exp(88.37), where 2^n would not be a
// float any more.
template <class Lanes>
Lanes exponential(Lanes x) {
  const Lanes lowest = Lanes::set(-87.33654f), highest = Lanes::set(88.37f);
  const Lanes clamped =
      Lanes::select_less(x, lowest, lowest, Lanes::select_less(highest, x, highest, x));
  const Lanes magic = Lanes::set(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const Lanes n = Lanes::sub(Lanes::fma(clamped, Lanes::set(1.44269504f), magic), magic);
  Lanes r = Lanes::fma(n, Lanes::set(-0.693359375f),
                       clamped);  // ln 2 in two parts, the first with few bits
  r = Lanes::fma(n, Lanes::set(2.12194440e-4f), r);
  Lanes sum = Lanes::set(1.0f / 5040);
  sum = Lanes::fma(sum, r, Lanes::set(1.0f / 720));
  sum = Lanes::fma(sum, r, Lanes::set(1.0f / 120));
  sum = Lanes::fma(sum, r, Lanes::set(1.0f / 24));
  sum = Lanes::fma(sum, r, Lanes::set(1.0f / 6));
  sum = Lanes::fma(sum, r, Lanes::set(0.5f));
  sum = Lanes::fma(sum, r, Lanes::set(1.0f));
  sum = Lanes::fma(sum, r, Lanes::set(1.0f));
  const Lanes result = Lanes::mul(sum, Lanes::power_of_two(n));
  const Lanes with_zero = Lanes::select_less(x, lowest, Lanes::set(0), result);
  return Lanes::select_less(highest, x, Lanes::set(__builtin_inff()), with_zero);
}

template <class Lanes>
void exponentials(float* x, int64_t n) {
  for (int64_t i = 0; i < n; i += lanes) exponential(Lanes::load(x + i)).store(x + i);
}

template <class Lanes>
float softmax_chunk(float* scores, int first, int last, float scale, float* max) {
  const Lanes scales = Lanes::set(scale), minus_infinity = Lanes::set(-__builtin_inff());
  alignas(64) float values[chunk_keys];
  for (int i = 0; i < chunk_keys; i += lanes)
    Lanes::mul(Lanes::load(scores + i), scales).store(values + i);
  for (int i = 0; i < first; ++i) values[i] = -__builtin_inff();
  for (int i = last; i < chunk_keys; ++i) values[i] = -__builtin_inff();

  Lanes highest = minus_infinity;
  for (int i = 0; i < chunk_keys; i += lanes)
    highest = Lanes::max(Lanes::load(values + i), highest);
  alignas(64) float folded[lanes];
  highest.store(folded);
  for (int half = lanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i)
      folded[i] = folded[i + half] > folded[i] ? folded[i + half] : folded[i];
  }
  *max = folded[0];

  const Lanes top = Lanes::set(folded[0]);
  Lanes sums = Lanes::set(0);
  for (int i = 0; i < chunk_keys; i += lanes) {
    const Lanes weight =
        exponential(Lanes::sub(Lanes::load(values + i), top));  // exp(-infinity) is 0
    weight.store(scores + i);
    sums = Lanes::add(sums, weight);
  }
  sums.store(folded);
  for (int half = lanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) folded[i] += folded[i + half];
  }
  return folded[0];
}

template <class Lanes>
void merge_panel(float* values, float before, const float* products, float piece) {
  for (int i = 0; i < panel_rows; i += lanes) {
    const Lanes kept = Lanes::mul(Lanes::load(values + i), Lanes::set(before));
    Lanes::add(kept, Lanes::mul(Lanes::load(products + i), Lanes::set(piece))).store(values + i);
  }
}

template <class Lanes>
void add_scaled(const float* products, const float* scales, int64_t n, float* sums) {
  for (int64_t i = 0; i < n * panel_rows; i += lanes) {
    const Lanes scale = Lanes::load(scales + i % panel_rows);
    Lanes::fma(Lanes::load(products + i), scale, Lanes::load(sums + i)).store(sums + i);
  }
}

template <class Lanes>
void silu_multiply(const float* gate, const float* up, int64_t n, float* out) {
  const Lanes one = Lanes::set(1), zero = Lanes::set(0);
  for (int64_t i = 0; i < n; i += lanes) {
    const Lanes x = Lanes::load(gate + i);
    const Lanes silu = Lanes::div(x, Lanes::add(one, exponential(Lanes::sub(zero, x))));
    Lanes::mul(silu, Lanes::load(up + i)).store(out + i);
  }
}

template <class Lanes>
int64_t repeat_fmas(int64_t rounds) {
  constexpr int chains = Lanes::max_sums < 12 ? Lanes::max_sums : 12;
  float starts[chains + 1] = {};
  const float* place = starts;
  asm volatile("" : "+r"(place) : : "memory");  // nothing is known of the values any more
  Lanes sums[chains];
  const Lanes factor = Lanes::set(place[chains]);
  for (int c = 0; c < chains; ++c) sums[c] = Lanes::set(place[c]);
  for (int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 16
    for (int c = 0; c < chains; ++c) sums[c] = Lanes::fma(factor, factor, sums[c]);
  }
  float total = 0;
  for (const Lanes& sum : sums) total += sum.highest();
  asm volatile("" : : "m"(total));  // as if it were used
  return rounds * chains * lanes;
}

template <class Lanes>
constexpr Kernels make_kernels(const char* name) {
  return {name,
          make_int8_kernels<Lanes>(),
          multiply<Lanes, F32Elements>,
          multiply<Lanes, F16Elements>,
          multiply<Lanes, Bf16Elements>,
          multiply<Lanes, Int8Elements>,
          add_scaled<Lanes>,
          exponentials<Lanes>,
          softmax_chunk<Lanes>,
          merge_panel<Lanes>,
          silu_multiply<Lanes>,
          repeat_fmas<Lanes>};
}

}  // namespace
}  // namespace nybble::cpu
