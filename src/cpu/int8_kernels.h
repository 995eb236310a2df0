// The integer kernels, written once over the vectors of an ISA level: products (int8_multiply.h),
// rounding of activations, scales. Included by units with ISA flags: no standard library here.
#pragma once

#include "cpu/int8_multiply.h"

namespace nybble::cpu {
namespace {

// n times 16 products of a half and a small integer: what two-level scales stand for.
template <class Lanes>
void expand_scales(const uint16_t* halves, const int8_t* factors, int64_t n, float* scales) {
  const Lanes outer = Lanes::load_f16(halves);
  for (int64_t i = 0; i < n; ++i)
    Lanes::mul(outer, Lanes::load_int8(factors + i * lanes)).store(scales + i * lanes);
}

template <class Lanes>
void widen_halves(const uint16_t* halves, int64_t n, float* floats) {
  for (int64_t i = 0; i < n; i += lanes) Lanes::load_f16(halves + i).store(floats + i);
}

template <class Lanes>
float highest_magnitude(const float* x, int64_t n) {
  Lanes highest = Lanes::set(0);
  for (int64_t i = 0; i < n; i += lanes)
    highest = Lanes::max(Lanes::load(x + i).magnitude(), highest);
  return highest.highest();
}

// To the even, in [-limit, limit].
template <class Lanes>
typename Lanes::Sums rounded_codes(Lanes scaled, float limit = 127) {
  const Lanes most = Lanes::set(limit), least = Lanes::set(-limit);
  const Lanes above = Lanes::select_less(least, scaled, scaled, least);
  return Lanes::Sums::rounded(Lanes::select_less(above, most, above, most));
}

// Below, 127 / highest might not be a number; such values count as zero.
constexpr float smallest_highest = 0x1p-100f;

// 8 blocks of one token, or the rest of them. Lane 8 half + i is of a half of the i-th.
template <class Lanes>
struct RoundedBlocks {
  static constexpr int most = lanes / 2;
  static_assert(most == a8_paired_blocks);
  alignas(64) float inverses[lanes], scales[lanes], weighted[lanes], weighted_both[lanes];
  alignas(64) int32_t minus_sums[lanes];
  alignas(64) int8_t codes[most][a8_len];

  // Inline and without loops where n is known: all values stay in registers then. highest: of the
  // whole token, for A8Rounding::tokens.
  [[gnu::always_inline]] void round(const float* x, int n, A8Rounding rounding, float highest) {
    Lanes values[lanes];
#pragma GCC unroll 16
    for (int i = 0; i < lanes; ++i) values[i] = Lanes::set(0);
#pragma GCC unroll 8
    for (int i = 0; i < n; ++i) {
      values[i] = Lanes::load(x + i * a8_len);
      values[most + i] = Lanes::load(x + i * a8_len + lanes);
    }
    Lanes top = Lanes::set(highest);
    if (rounding != A8Rounding::tokens) top = Lanes::highest_magnitudes(values);
    if (rounding == A8Rounding::blocks) top = Lanes::max(top, top.halves_swapped());
    const Lanes least = Lanes::set(smallest_highest), zero = Lanes::set(0), steps = Lanes::set(127);
    const Lanes scale = Lanes::select_less(top, least, zero, Lanes::div(top, steps));
    Lanes::select_less(top, least, zero, Lanes::div(steps, top)).store(inverses);
    scale.store(scales);
    typename Lanes::Sums rounded[lanes];
#pragma GCC unroll 16
    for (int i = 0; i < lanes; ++i) {
      rounded[i] = rounded_codes(Lanes::mul(values[i], Lanes::set(inverses[i])));
      rounded[i].store_int8(codes[i % most] + i / most * lanes);
    }
    const Lanes sums = Lanes::Sums::totals(rounded).floats();
    const Lanes both = Lanes::add(sums, sums.halves_swapped()), products = Lanes::mul(scale, sums);
    products.store(weighted);
    (rounding == A8Rounding::halves ? Lanes::add(products, products.halves_swapped())
                                    : Lanes::mul(scale, both))
        .store(weighted_both);
    Lanes::Sums::rounded(Lanes::mul(sums, Lanes::set(-128))).store(minus_sums);
  }

  // As the blocks of a token of a tile of `tokens`.
  [[gnu::always_inline]] void put(int n, int tokens, A8Block* out) const {
    for (int i = 0; i < n; ++i) {
      A8Block& block = out[i * tokens];
      __builtin_memcpy(block.codes, codes[i], a8_len);
      for (int half = 0; half < 2; ++half) {
        block.scales[half] = scales[half * most + i];
        block.minus_sums[half] = minus_sums[half * most + i];
      }
      block.minus_sums[2] = minus_sums[i] + minus_sums[most + i];
      block.weighted_sum = weighted_both[i];
    }
    if (n == most) put_pairs(tokens, out);
  }

 private:
  [[gnu::always_inline]] void put_pairs(int tokens, A8Block* out) const {
    const Lanes halves = Lanes::load(weighted), both = Lanes::load(weighted_both),
                least = Lanes::set(smallest_highest), most_finite = Lanes::set(__FLT_MAX__);
    Lanes top = Lanes::set(Lanes::max(halves.magnitude(), both.magnitude()).highest());
    top = Lanes::max(top, least);
    top = Lanes::select_less(top, most_finite, top, most_finite);
    // What sums up to `top` are to be divided by, as an exponent of 2, to fit 16 bits.
    const Lanes exponent = Lanes::sub(top.exponent(), Lanes::set(14)),
                unit = Lanes::power_of_two(Lanes::sub(Lanes::set(0), exponent));
    const auto of_halves = rounded_codes(Lanes::mul(halves, unit), 32767);
    float exponents[lanes];
    int32_t joined[most], blocks[lanes];
    exponent.store(exponents);
    Lanes::Sums::store_joined(of_halves, of_halves, joined);
    rounded_codes(Lanes::mul(both, unit), 32767).store(blocks);
    out[0].exponent = exponents[0];
    for (int i = 0; i < most; ++i) {
      out[i * tokens].pair_of_halves = joined[i];
      if (i % 2 == 0) continue;
      const auto low = static_cast<uint16_t>(blocks[i - 1]);
      out[i * tokens].pair_of_blocks =
          static_cast<int32_t>(static_cast<uint32_t>(blocks[i]) << 16 | low);
    }
  }
};

// Tokens [n, cols], rows ldx apart, to one tile.
template <class Lanes>
void quantize_a8(const float* x, int64_t ldx, int64_t blocks, int n, A8Rounding rounding,
                 A8Block* tile) {
  constexpr int most = a8_paired_blocks;
  float highest[lanes / 2] = {};
  static_assert(Lanes::a8_tokens <= lanes / 2 && Lanes::prompt_tokens <= lanes / 2);
  for (int t = 0; rounding == A8Rounding::tokens && t < n; ++t)
    highest[t] = highest_magnitude<Lanes>(x + t * ldx, blocks * a8_len);
  RoundedBlocks<Lanes> rounded;
  const auto take = [&](int here) __attribute__((always_inline)) {
    for (int t = 0; t < n; ++t) {
      rounded.round(x + t * ldx, here, rounding, highest[t]);
      rounded.put(here, n, tile + t);
    }
  };
  for (; blocks >= most; blocks -= most, x += most * a8_len, tile += most * n) take(most);
  if (blocks > 0) take(static_cast<int>(blocks));
}

template <class Lanes>
void quantize_columns(const float* x, int64_t ldx, int tokens, uint8_t* codes, float* scales,
                      float* sums, float* absmax) {
  const Lanes zero = Lanes::set(0), least = Lanes::set(smallest_highest);
  Lanes highest = zero, not_finite = zero, sum = zero;
  for (int t = 0; t < tokens; ++t) {
    const Lanes values = Lanes::load(x + t * ldx);
    highest = Lanes::max(values.magnitude(), highest);
    not_finite = Lanes::fma(values, zero, not_finite);  // a NaN stays one
  }
  Lanes::add(Lanes::max(highest, Lanes::load(absmax)), not_finite).store(absmax);
  Lanes::select_less(highest, least, zero, Lanes::div(highest, Lanes::set(127))).store(scales);
  const Lanes inverse =
      Lanes::select_less(highest, least, zero, Lanes::div(Lanes::set(127), highest));
  int8_t rows[a8_len * lanes] = {};
  for (int t = 0; t < tokens; ++t) {
    const auto rounded = rounded_codes(Lanes::mul(Lanes::load(x + t * ldx), inverse));
    rounded.store_int8(rows + t * lanes);
    sum = Lanes::add(sum, rounded.floats());
  }
  sum.store(sums);
  for (int step = 0; step < a8_len / 4; ++step) {
    for (int lane = 0; lane < lanes; ++lane) {
      for (int i = 0; i < 4; ++i) {
        codes[(step * lanes + lane) * 4 + i] =
            static_cast<uint8_t>(rows[(step * 4 + i) * lanes + lane] ^ 128);
      }
    }
  }
}

// Of codes that fit the narrowest sums a level has.
template <class Lanes>
int64_t repeat_dots(int64_t rounds) {
  constexpr int chains = Lanes::a8_tokens < 4 ? 2 * Lanes::a8_tokens : Lanes::a8_tokens;
  uint8_t bytes[64] = {};
  const uint8_t* place = bytes;
  asm volatile("" : "+r"(place) : : "memory");  // nothing is known of the bytes any more
  const auto weights = Lanes::Bytes::load(place);
  const auto zero = [] {
    if constexpr (Lanes::pair_limit > 0) {
      return Lanes::Pairs::zero();
    } else {
      return Lanes::Sums::set(0);
    }
  };
  decltype(zero()) sums[chains];
  for (auto& sum : sums) sum = zero();
  for (int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 16
    for (int c = 0; c < chains; ++c) sums[c].add_dot(weights, place + 4 * c);
    asm volatile("" : "+r"(place) : : "memory");
  }
  auto used = sums[0];
  for (const auto& sum : sums) {
    used = sum;
    asm volatile("" : : "r"(&used) : "memory");  // as if it were
  }
  return rounds * chains * 64;
}

template <class Lanes>
constexpr Int8Kernels make_int8_kernels() {
  return {Lanes::in_place_tokens,
          Lanes::a8_tokens,
          Lanes::prompt_tokens,
          quantize_a8<Lanes>,
          quantize_columns<Lanes>,
          {{},
           make_a8_multiply<Lanes, 1>(),
           make_a8_multiply<Lanes, 2>(),
           make_a8_multiply<Lanes, 3>(),
           make_a8_multiply<Lanes, 4>(),
           make_a8_multiply<Lanes, 5>(),
           make_a8_multiply<Lanes, 6>(),
           {},
           make_a8_multiply<Lanes, 8>()},
          {nullptr, unpack<Lanes, 1>, unpack<Lanes, 2>, unpack<Lanes, 3>, unpack<Lanes, 4>,
           unpack<Lanes, 5>, unpack<Lanes, 6>},
          {nullptr, pack<Lanes, 1>, pack<Lanes, 2>, pack<Lanes, 3>, pack<Lanes, 4>, pack<Lanes, 5>,
           pack<Lanes, 6>},
          expand_scales<Lanes>,
          widen_halves<Lanes>,
          repeat_dots<Lanes>};
}

}  // namespace
}  // namespace nybble::cpu
