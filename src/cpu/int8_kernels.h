// The integer kernels, written once over the vectors of an ISA level: codes of weights, unpacked to
// bytes, times int8 activations. 16 rows run side by side; a vector of 64 bytes holds four columns
// of each. Included by units with ISA flags: no standard library here.
//
// The specification: for each group of columns (16 or 32) in order, with exact integers
//   sum = SUM(code * a) - zero * SUM(a),   acc = fma(sum, scale * a_scale, acc),
// then, where the format has offsets, acc = fma(offset, a_scale * SUM(a), acc).
#pragma once

#include "cpu/a8_panels.h"
#include "cpu/kernels.h"

namespace nybble::cpu {
namespace {

// Codes of 16 rows, block by block of 32 columns: bytes [8][16][4].
template <class Lanes>
struct ByteCodes {
  using Bytes = typename Lanes::Bytes;
  const uint8_t* place;

  explicit ByteCodes(const A8Product& p) : place(p.codes) {}
  Bytes at(int step) const { return Bytes::load(place + step * 64); }
  void next_block() { place += a8_len * lanes; }
};

// The same as planes of bits, lowest bits first, perhaps what a table has for them.
template <class Lanes, int low_bits, int high_bits>
struct PlaneCodes {
  using Bytes = typename Lanes::Bytes;
  static constexpr int per_low = 8 / low_bits, low_bytes = a8_len / per_low * lanes;
  const uint8_t* place;
  bool has_table;
  Bytes table{};

  PlaneCodes(const uint8_t* planes, const uint8_t* entries)
      : place(planes), has_table(entries != nullptr) {
    if (has_table) table = Bytes::repeat16(entries);
  }
  explicit PlaneCodes(const A8Product& p) : PlaneCodes(p.codes, p.table) {}
  Bytes at(int step) const {
    Bytes code = Bytes::load(place + step / per_low * 64)
                     .bits(step % per_low * low_bits, (1 << low_bits) - 1);
    if constexpr (high_bits > 0) {
      constexpr int per_high = 8 / high_bits;
      code = code.joined(Bytes::load(place + low_bytes + step / per_high * 64)
                             .bits(step % per_high * high_bits, (1 << high_bits) - 1),
                         low_bits);
    }
    if constexpr (low_bits == 4 && high_bits == 0) {
      if (has_table) code = table.at(code);
    }
    return code;
  }
  void next_block() { place += a8_len / 8 * (low_bits + high_bits) * lanes; }
};

// Scales of 16 rows, group by group.
template <class Lanes>
struct FloatScales {
  const float* place;

  FloatScales(const float* floats, const A8Levels&) : place(floats) {}
  Lanes next() {
    const Lanes scale = Lanes::load(place);
    place += lanes;
    return scale;
  }
};

template <class Lanes>
struct TwoLevelScales {
  A8Levels place;
  int left = 0;  // groups that the outer scale is for
  Lanes outer{};

  TwoLevelScales(const float*, const A8Levels& levels) : place(levels) {}
  Lanes next() {
    if (left == 0) {
      outer = Lanes::load_f16(place.outer);
      place.outer += lanes;
      left = place.groups_per_outer;
    }
    --left;
    const Lanes scale = Lanes::mul(outer, Lanes::load_int8(place.factors));
    place.factors += lanes;
    return scale;
  }
};

template <class Lanes, class Codes, class Scales, int tokens, bool halves, bool offsets>
void multiply_a8_tile(const A8Product& p, const uint8_t* x, float* acc) {
  using Sums = typename Lanes::Sums;
  constexpr int parts = halves ? 2 : 1, steps = a8_len / 4 / parts;
  Lanes totals[tokens];
  for (int t = 0; t < tokens; ++t) totals[t] = Lanes::load(acc + t * panel_rows);
  Codes codes(p);
  Scales scales(p.scales, p.scale_levels);
  Scales offset_scales(p.offsets, p.offset_levels);
  for (int64_t block = 0; block < p.blocks; ++block) {
    const ConstA8Block in(x, tokens);
    const uint8_t* a = in.codes;
    for (int part = 0; part < parts; ++part) {
      const int row = halves ? part : 2;
      Sums products[tokens];
      for (int t = 0; t < tokens; ++t)
        products[t] = Sums::shifted(in.negative_sums[row * tokens + t], p.zero_shift);
#pragma GCC unroll 8
      for (int step = 0; step < steps; ++step) {
        const auto weights = codes.at(part * steps + step);
#pragma GCC unroll 16
        for (int t = 0; t < tokens; ++t) products[t].add_dot(weights, a + 4 * t);
        a += 4 * tokens;
      }
      const Lanes w = scales.next();
      for (int t = 0; t < tokens; ++t) {
        totals[t] =
            Lanes::fma(products[t].floats(), Lanes::mul(w, Lanes::set(in.scales[t])), totals[t]);
      }
      if constexpr (offsets) {
        const Lanes o = offset_scales.next();
        for (int t = 0; t < tokens; ++t)
          totals[t] = Lanes::fma(o, Lanes::set(in.weighted_sums[row * tokens + t]), totals[t]);
      }
    }
    codes.next_block();
    x += a8_token_bytes * tokens;
  }
  for (int t = 0; t < tokens; ++t) totals[t].store(acc + t * panel_rows);
}

inline void to_other_rows(A8Levels& levels) {
  levels.outer += levels.outer_step;
  levels.factors += levels.factor_step;
}

// A tile with all 32 rows.
template <class Lanes, class Codes, class Scales, int tokens, bool halves, bool offsets>
void multiply_a8_halves(const A8Product& p, const uint8_t* x, float* acc) {
  multiply_a8_tile<Lanes, Codes, Scales, tokens, halves, offsets>(p, x, acc);
  A8Product second = p;
  second.codes += p.half_codes;
  if (p.scales != nullptr) second.scales += p.half_scales;
  if (p.offsets != nullptr) second.offsets += p.half_scales;
  to_other_rows(second.scale_levels);
  to_other_rows(second.offset_levels);
  multiply_a8_tile<Lanes, Codes, Scales, tokens, halves, offsets>(second, x, acc + lanes);
}

template <class Lanes, int tokens, bool halves, bool offsets>
void multiply_a8_tiles(const A8Product& p, const uint8_t* x, int64_t left, float* acc) {
  for (; left >= tokens; left -= tokens) {
    const uint8_t* tile = x + p.first_block * a8_token_bytes * tokens;
    multiply_a8_halves<Lanes, ByteCodes<Lanes>, FloatScales<Lanes>, tokens, halves, offsets>(
        p, tile, acc);
    x += p.x_blocks * a8_token_bytes * tokens;
    acc += tokens * panel_rows;
  }
  if constexpr (tokens > 1) multiply_a8_tiles<Lanes, tokens / 2, halves, offsets>(p, x, left, acc);
}

template <class Lanes, bool halves, bool offsets>
void multiply_a8(const A8Product& p) {
  multiply_a8_tiles<Lanes, Lanes::a8_tokens, halves, offsets>(p, p.x, p.tokens, p.acc);
}

// One token: codes are unpacked in registers, and only once.
template <class Lanes, class Codes, class Scales, bool halves, bool offsets>
void multiply_one(const A8Product& p) {
  multiply_a8_halves<Lanes, Codes, Scales, 1, halves, offsets>(
      p, p.x + p.first_block * a8_token_bytes, p.acc);
}

template <class Lanes, int low_bits, int high_bits>
void unpack(const uint8_t* planes, const uint8_t* table, int64_t blocks, uint8_t* out) {
  PlaneCodes<Lanes, low_bits, high_bits> codes(planes, table);
  for (int64_t block = 0; block < blocks; ++block, codes.next_block(), out += a8_len * lanes) {
#pragma GCC unroll 8
    for (int step = 0; step < a8_len / 4; ++step) codes.at(step).store(out + step * 64);
  }
}

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

// To the even, in [-127, 127].
template <class Lanes>
typename Lanes::Sums rounded_codes(Lanes scaled) {
  const Lanes most = Lanes::set(127), least = Lanes::set(-127);
  const Lanes above = Lanes::select_less(least, scaled, scaled, least);
  return Lanes::Sums::rounded(Lanes::select_less(above, most, above, most));
}

// Codes of 16 values; returns their sum.
template <class Lanes>
int32_t round_lanes(const float* x, float inverse, int8_t* codes) {
  const auto rounded = rounded_codes(Lanes::mul(Lanes::load(x), Lanes::set(inverse)));
  rounded.store_int8(codes);
  return rounded.total();
}

// Below, 127 / highest might not be a number; such values count as zero.
constexpr float smallest_highest = 0x1p-100f;

// One block of token t of n.
template <class Lanes>
void quantize_a8_block(const float* x, float highest, int t, int n, uint8_t* block) {
  const A8Block out(block, n);
  const bool is_zero = highest < smallest_highest;
  const float scale = is_zero ? 0 : highest / 127.0f, inverse = is_zero ? 0 : 127.0f / highest;
  int8_t codes[a8_len];
  int32_t sums[3];
  for (int half = 0; half < 2; ++half)
    sums[half] = round_lanes<Lanes>(x + half * lanes, inverse, codes + half * lanes);
  sums[2] = sums[0] + sums[1];
  for (int step = 0; step < a8_len / 4; ++step)
    __builtin_memcpy(out.codes + (step * n + t) * 4, codes + step * 4, 4);
  out.scales[t] = scale;
  for (int i = 0; i < 3; ++i) {
    out.negative_sums[i * n + t] = -sums[i];
    out.weighted_sums[i * n + t] = scale * static_cast<float>(sums[i]);
  }
}

// Tokens [n, cols], rows ldx apart, to one tile.
template <class Lanes>
void quantize_a8(const float* x, int64_t ldx, int64_t blocks, int n, bool one_scale,
                 uint8_t* tile) {
  for (int t = 0; t < n; ++t, x += ldx) {
    float highest = one_scale ? highest_magnitude<Lanes>(x, blocks * a8_len) : 0;
    for (int64_t block = 0; block < blocks; ++block) {
      const float* values = x + block * a8_len;
      if (!one_scale) highest = highest_magnitude<Lanes>(values, a8_len);
      quantize_a8_block<Lanes>(values, highest, t, n, tile + block * a8_token_bytes * n);
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

template <class Lanes>
int64_t repeat_dots(int64_t rounds) {
  constexpr int chains = Lanes::a8_tokens < 6 ? 2 * Lanes::a8_tokens : Lanes::a8_tokens;
  uint8_t bytes[64] = {};
  const uint8_t* place = bytes;
  asm volatile("" : "+r"(place) : : "memory");  // nothing is known of the bytes any more
  const auto weights = Lanes::Bytes::load(place);
  typename Lanes::Sums sums[chains];
  for (auto& sum : sums) sum = Lanes::Sums::shifted(0, 32);
  for (int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 16
    for (int c = 0; c < chains; ++c) sums[c].add_dot(weights, place + 4 * c);
    asm volatile("" : "+r"(place) : : "memory");
  }
  int32_t total = 0;
  for (const auto& sum : sums) total += sum.total();
  asm volatile("" : : "r"(total));  // as if it were used
  return rounds * chains * 64;
}

template <class Lanes, int low_bits, int high_bits>
constexpr PlaneKernels make_plane_kernels() {
  using Codes = PlaneCodes<Lanes, low_bits, high_bits>;
  return {unpack<Lanes, low_bits, high_bits>,
          {{{multiply_one<Lanes, Codes, FloatScales<Lanes>, false, false>,
             multiply_one<Lanes, Codes, FloatScales<Lanes>, false, true>},
            {multiply_one<Lanes, Codes, FloatScales<Lanes>, true, false>,
             multiply_one<Lanes, Codes, FloatScales<Lanes>, true, true>}},
           {{multiply_one<Lanes, Codes, TwoLevelScales<Lanes>, false, false>,
             multiply_one<Lanes, Codes, TwoLevelScales<Lanes>, false, true>},
            {multiply_one<Lanes, Codes, TwoLevelScales<Lanes>, true, false>,
             multiply_one<Lanes, Codes, TwoLevelScales<Lanes>, true, true>}}}};
}

template <class Lanes>
constexpr Int8Kernels make_int8_kernels() {
  return {Lanes::a8_tokens,
          quantize_a8<Lanes>,
          quantize_columns<Lanes>,
          {{multiply_a8<Lanes, false, false>, multiply_a8<Lanes, false, true>},
           {multiply_a8<Lanes, true, false>, multiply_a8<Lanes, true, true>}},
          {{},
           make_plane_kernels<Lanes, 1, 0>(),
           make_plane_kernels<Lanes, 2, 0>(),
           make_plane_kernels<Lanes, 2, 1>(),
           make_plane_kernels<Lanes, 4, 0>(),
           make_plane_kernels<Lanes, 4, 1>(),
           make_plane_kernels<Lanes, 4, 2>()},
          expand_scales<Lanes>,
          widen_halves<Lanes>,
          repeat_dots<Lanes>};
}

}  // namespace
}  // namespace nybble::cpu
