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

// What one block of up to 8 tokens becomes, or so many blocks of one. Lane 8 half + t is of a half
// of the t-th.
template <class Lanes>
struct RoundedBlock {
  static constexpr int most = lanes / 2;
  alignas(64) float highest[lanes] = {}, inverses[lanes], scales[lanes], weighted[lanes],
                    weighted_both[lanes];
  alignas(64) int32_t minus_sums[lanes];
  alignas(64) int8_t codes[most][a8_len];

  // Inline and without loops where n is known: all values stay in registers then.
  [[gnu::always_inline]] void round(const float* x, int64_t ldx, int n, A8Rounding rounding) {
    Lanes values[lanes];
#pragma GCC unroll 16
    for (int i = 0; i < lanes; ++i) values[i] = Lanes::set(0);
#pragma GCC unroll 8
    for (int t = 0; t < n; ++t) {
      values[t] = Lanes::load(x + t * ldx);
      values[most + t] = Lanes::load(x + t * ldx + lanes);
    }
    Lanes top = Lanes::load(highest);
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

  [[gnu::always_inline]] void put(int n, uint8_t* block) const {
    for (int t = 0; t < n; ++t) put_token(t, t, n, block);
  }
  // The t-th as token `at` of n.
  void put_token(int t, int at, int n, uint8_t* block) const {
    const A8Block out(block, n);
    for (int half = 0; half < 2; ++half) {
      out.scales[half * n + at] = scales[half * most + t];
      out.minus_sums[half * n + at] = minus_sums[half * most + t];
    }
    const int32_t total = minus_sums[t] + minus_sums[most + t];
    out.minus_sums[2 * n + at] = total;
    out.weighted_sums[at] = weighted_both[t];
    for (int step = 0; step < a8_len / 4; ++step)
      __builtin_memcpy(out.codes + (step * n + at) * 4, codes[t] + step * 4, 4);
  }
};

// What sums of magnitudes up to `top` are to be divided by, as an exponent of 2, to fit 16 bits.
template <class Lanes>
Lanes pair_exponents(Lanes top) {
  const Lanes least = Lanes::set(smallest_highest), most = Lanes::set(__FLT_MAX__);
  top = Lanes::max(top, least);
  return Lanes::sub(Lanes::select_less(top, most, top, most).exponent(), Lanes::set(14));
}
template <class Lanes>
typename Lanes::Sums rounded_sums(const float* sums, Lanes exponents) {
  const Lanes units = Lanes::power_of_two(Lanes::sub(Lanes::set(0), exponents));
  return rounded_codes(Lanes::mul(Lanes::load(sums), units), 32767);
}

// The weighted sums of 8 blocks of up to 8 tokens, which become pairs.
template <class Lanes>
struct SumPairs {
  // Of both halves of a token's block in lanes t and 8 + t; of all of it, in both.
  alignas(64) float halves[a8_paired_blocks][lanes] = {}, blocks[a8_paired_blocks][lanes] = {};

  void take(int which, const RoundedBlock<Lanes>& block) {
    Lanes::load(block.weighted).store(halves[which]);
    Lanes::load(block.weighted_both).store(blocks[which]);
  }

  // Into a tile of n tokens; tile: the first of the 8 blocks.
  [[gnu::always_inline]] void put(int n, uint8_t* tile) const {
    Lanes top = Lanes::set(0);
    for (int i = 0; i < a8_paired_blocks; ++i) {
      top = Lanes::max(Lanes::load(halves[i]).magnitude(), top);
      top = Lanes::max(Lanes::load(blocks[i]).magnitude(), top);
    }
    const Lanes exponents = pair_exponents(Lanes::max(top, top.halves_swapped()));
    alignas(64) float values[lanes];
    exponents.store(values);
    for (int t = 0; t < n; ++t) A8Block(tile, n).exponents(n)[t] = values[t];
    const auto put_pairs = [&](const float* low, const float* high, int32_t* pairs)
        __attribute__((always_inline)) {
      int32_t joined[lanes / 2];
      Lanes::Sums::store_joined(rounded_sums(low, exponents), rounded_sums(high, exponents),
                                joined);
      for (int t = 0; t < n; ++t) pairs[t] = joined[t];
    };
    for (int block = 0; block < a8_paired_blocks; ++block, tile += a8_token_bytes * n) {
      const A8Block out(tile, n);
      put_pairs(halves[block], halves[block], out.pairs);
      if (block % 2 == 1) put_pairs(blocks[block - 1], blocks[block], out.pairs + n);
    }
  }
};

// The same of one token, whose 8 blocks are in the lanes of tokens.
template <class Lanes>
void put_token_pairs(const RoundedBlock<Lanes>& rounded, uint8_t* tile) {
  const Lanes top = Lanes::max(Lanes::load(rounded.weighted).magnitude(),
                               Lanes::load(rounded.weighted_both).magnitude()),
              exponents = pair_exponents(Lanes::set(top.highest()));
  float values[lanes];
  exponents.store(values);
  const auto halves = rounded_sums(rounded.weighted, exponents);
  int32_t of_halves[a8_paired_blocks], of_blocks[lanes];
  Lanes::Sums::store_joined(halves, halves, of_halves);
  rounded_sums(rounded.weighted_both, exponents).store(of_blocks);
  A8Block(tile, 1).exponents(1)[0] = values[0];
  for (int i = 0; i < a8_paired_blocks; ++i, tile += a8_token_bytes) {
    const A8Block out(tile, 1);
    out.pairs[0] = of_halves[i];
    if (i % 2 == 1) {
      const auto low = static_cast<uint16_t>(of_blocks[i - 1]);
      out.pairs[1] = static_cast<int32_t>(static_cast<uint32_t>(of_blocks[i]) << 16 | low);
    }
  }
}

// One token: its blocks take the lanes of tokens, since rounding a block takes as long as rounding
// eight.
template <class Lanes>
void quantize_a8_token(const float* x, int64_t blocks, A8Rounding rounding, uint8_t* tile) {
  RoundedBlock<Lanes> rounded;
  if (rounding == A8Rounding::tokens) {
    const float highest = highest_magnitude<Lanes>(x, blocks * a8_len);
    for (float& top : rounded.highest) top = highest;
  }
  const auto put = [&](int n) {
    for (int t = 0; t < n; ++t) rounded.put_token(t, 0, 1, tile + t * a8_token_bytes);
    if (n == a8_paired_blocks) put_token_pairs(rounded, tile);
    x += n * a8_len;
    tile += n * a8_token_bytes;
    blocks -= n;
  };
  constexpr int most = RoundedBlock<Lanes>::most;
  static_assert(most == a8_paired_blocks);
  while (blocks >= most) {
    rounded.round(x, a8_len, most, rounding);
    put(most);
  }
  if (blocks > 0) {
    const int n = static_cast<int>(blocks);
    rounded.round(x, a8_len, n, rounding);
    put(n);
  }
}

// Tokens [n, cols], rows ldx apart, to one tile.
template <class Lanes>
void quantize_a8(const float* x, int64_t ldx, int64_t blocks, int n, A8Rounding rounding,
                 uint8_t* tile) {
  static_assert(Lanes::a8_tokens <= lanes / 2);
  if (n == 1) return quantize_a8_token<Lanes>(x, blocks, rounding, tile);
  RoundedBlock<Lanes> rounded;
  SumPairs<Lanes> pairs;
  for (int t = 0; rounding == A8Rounding::tokens && t < n; ++t) {
    rounded.highest[t] = rounded.highest[lanes / 2 + t] =
        highest_magnitude<Lanes>(x + t * ldx, blocks * a8_len);
  }
  int which = 0;  // of 8 blocks
  const auto round_block = [&](int tokens) __attribute__((always_inline)) {
    rounded.round(x, ldx, tokens, rounding);
    rounded.put(tokens, tile);
    pairs.take(which, rounded);
    if (++which < a8_paired_blocks) return;
    which = 0;
    pairs.put(tokens, tile - (a8_paired_blocks - 1) * a8_token_bytes * tokens);
  };
  for (int64_t block = 0; block < blocks; ++block, x += a8_len, tile += a8_token_bytes * n) {
    // Known numbers, then any.
    if (n == Lanes::a8_tokens) {
      round_block(Lanes::a8_tokens);
    } else if (n == Lanes::prompt_tokens) {
      round_block(Lanes::prompt_tokens);
    } else {
      round_block(n);
    }
  }
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
