// Codes of weights times int8 activations, written once over the vectors of an ISA level. 16 rows
// run side by side; a vector of 64 bytes holds four columns of each. Included by units with ISA
// flags: no standard library here.
//
// The specification, for each block of 32 columns in order. Sums of 16 columns, sum0 and sum1, or
// of all 32 are exact integers SUM(code * a) - zero * SUM(a); w is the scale of the weight, s that
// of the activations, each of 16 or of 32 columns; every operation rounds once.
//   w, s:            acc = fma(sum * w, s, acc)
//   w, s0 s1:        acc = fma(fma(sum1, s1, sum0 * s0), w, acc)
//   w0 w1, s:        acc = fma(fma(sum1, w1, sum0 * w0), s, acc)
//   w0 w1, s0 s1:    acc = fma(sum1 * w1, s1, fma(sum0 * w0, s0, acc))
// For a w of more than 32 columns the sums with their s alone go to part = fma(sum, s, part), or
// fma(sum1, s1, fma(sum0, s0, part)); at its end acc = fma(part, w, acc). Offsets come after each
// block: acc = fma(o, SUM(s * a), acc), of both halves where there are o0 and o1; those of more
// than 32 columns at their end, for the sum of their blocks' SUM(s * a) in order.
#pragma once

#include "cpu/a8_panels.h"
#include "cpu/kernels.h"

namespace nybble::cpu {
namespace {

// Codes of 16 rows as planes of bits, lowest bits first, perhaps what a table has for them; or as
// bytes. A block of 32 columns is [8] vectors of bytes.
template <class Lanes, int bits, bool has_table>
struct Codes {
  using Bytes = typename Lanes::Bytes;
  static constexpr int low_bits = bits == 3                ? 2
                                  : bits == 5 || bits == 6 ? 4
                                                           : bits,
                       high_bits = bits - low_bits;
  static constexpr int per_low = 8 / low_bits, low_bytes = a8_len / per_low * lanes;
  static constexpr int block_bytes = a8_len / 8 * bits * lanes;
  static constexpr int largest = has_table ? 255 : (1 << bits) - 1;
  const uint8_t* place;
  Bytes table{};

  Codes(const uint8_t* codes, const uint8_t* entries) : place(codes) {
    if constexpr (has_table) table = Bytes::repeat16(entries);
  }
  Bytes at(int step) const {
    Bytes code = Bytes::load(place + step / per_low * 64);
    if constexpr (bits < 8) code = code.bits(step % per_low * low_bits, (1 << low_bits) - 1);
    if constexpr (high_bits > 0) {
      constexpr int per_high = 8 / high_bits;
      code = code.joined(Bytes::load(place + low_bytes + step / per_high * 64)
                             .bits(step % per_high * high_bits, (1 << high_bits) - 1),
                         low_bits);
    }
    if constexpr (has_table) code = table.at(code);
    return code;
  }
  void next_block() { place += block_bytes; }
};

// Scales of 16 rows, group by group.
template <class Lanes>
struct GroupScales {
  A8Scales place;
  bool fetches;  // those of the next 16 rows, which stand where the processor does not foresee them
  const uint8_t* outer_place = static_cast<const uint8_t*>(place.outer);
  int left = 0;  // groups that the outer scale is for
  Lanes outer{};

  Lanes next() {
    if (left == 0) {
      next_outer();
      left = place.groups_per_outer;
    }
    --left;
    if (place.factors == nullptr) return outer;
    if (fetches) __builtin_prefetch(place.factors + place.other_rows);
    const Lanes scale = Lanes::mul(outer, Lanes::load_int8(place.factors));
    place.factors += lanes;
    return scale;
  }
  Lanes next_outer() {
    if (fetches) __builtin_prefetch(outer_place + place.other_rows);
    if (place.halves) {
      outer = Lanes::load_f16(reinterpret_cast<const uint16_t*>(outer_place));
      outer_place += lanes * sizeof(uint16_t);
    } else {
      outer = Lanes::load(reinterpret_cast<const float*>(outer_place));
      outer_place += lanes * sizeof(float);
    }
    return outer;
  }
};

constexpr int32_t no_sums[16] = {};

template <int tokens, class Codes, class Sums>
[[gnu::always_inline]] inline void add_steps(const Codes& codes, const ConstA8Block& in, int first,
                                             int last, Sums* sums) {
#pragma GCC unroll 8
  for (int step = first; step < last; ++step) {
    const auto weights = codes.at(step);
#pragma GCC unroll 16
    for (int t = 0; t < tokens; ++t) sums[t].add_dot(weights, in.codes + (step * tokens + t) * 4);
  }
}

// The sums of steps [first, last) of a block's 8, for all tokens; row: that of the sums of
// activations. They begin at minus the zero of a code times the sum of the activations, and at what
// Lanes takes off every code.
template <class Lanes, int tokens, int first, int last, int bits, bool has_table>
[[gnu::always_inline]] inline void add_dots(const Codes<Lanes, bits, has_table>& codes,
                                            const ConstA8Block& in, int row, int zero_shift,
                                            typename Lanes::Sums* products) {
  // So many steps fit sums of 16 bits, each of two columns.
  constexpr int fit = Lanes::pair_limit / (2 * 127 * Codes<Lanes, bits, has_table>::largest);
  const bool has_zero = zero_shift <= 7;
  const int32_t* minus_sums = in.minus_sums + row * tokens;
  const int32_t* zeros = has_zero ? minus_sums : no_sums;
  for (int t = 0; t < tokens; ++t) {
    int32_t start = zeros[t];
    if constexpr (bits < 8) start >>= 7 - (has_zero ? zero_shift : 7);
    if constexpr (Lanes::taken_off != 0 && fit < 2) start -= minus_sums[t];
    products[t] = Lanes::Sums::set(start);
  }
  if constexpr (fit < 2) {
    add_steps<tokens>(codes, in, first, last, products);
  } else {
#pragma GCC unroll 4
    for (int step = first; step < last; step += fit) {
      typename Lanes::Pairs pairs[tokens];
      for (int t = 0; t < tokens; ++t) pairs[t] = Lanes::Pairs::zero();
      add_steps<tokens>(codes, in, step, step + fit < last ? step + fit : last, pairs);
      for (int t = 0; t < tokens; ++t) products[t].add(pairs[t]);
    }
  }
}

// Bytes of codes that are asked for before they are needed. What many tokens multiply is in the
// cache by then; one or two tokens take codes that stand alone as fast as the processor foresees
// them, but not those whose scales, or second plane, come from elsewhere in turns (1.05 to 1.2
// times as fast from memory).
constexpr int fetch_ahead = 3072;

enum FetchTo { second_level = 2, first_level = 3 };
template <FetchTo to>
void fetch(const uint8_t* bytes, int n) {
  for (int line = 0; line < n; line += 64) __builtin_prefetch(bytes + line, 0, to);
}

// 16 rows and one tile of tokens; next: the tile that comes after it, nullptr where it need not be
// fetched.
template <class Lanes, int bits, bool has_table, int tokens, A8Groups groups, bool halves,
          bool offsets>
void multiply_a8_tile(const A8Product& p, const uint8_t* x, const uint8_t* next, float* acc) {
  using Sums = typename Lanes::Sums;
  constexpr int steps = a8_len / 4;
  Lanes totals[tokens], parts[tokens];
  float weighted[tokens] = {};
  for (int t = 0; t < tokens; ++t) {
    totals[t] = p.begins ? Lanes::set(0) : Lanes::load(acc + t * panel_rows);
    parts[t] = Lanes::set(0);
  }
  Codes<Lanes, bits, has_table> codes(p.codes, p.table);
  constexpr bool stand_alone = bits == 8 || groups == a8_longer;
  const bool fetches = (tokens >= 4 || !stand_alone) && p.tokens <= 4 * Lanes::a8_tokens;
  GroupScales<Lanes> scales{p.scales, fetches}, offset_scales{p.offsets, fetches};
  int left = p.scales.groups_per_outer;  // blocks of a longer group
  for (int64_t block = 0; block < p.blocks; ++block) {
    if (fetches) fetch<first_level>(codes.place + fetch_ahead, codes.block_bytes);
    if (next != nullptr)
      fetch<second_level>(next + block * a8_token_bytes * tokens, a8_token_bytes * tokens);
    const ConstA8Block in(x, tokens);
    const auto s = [&](int half, int t) { return Lanes::set(in.scales[half * tokens + t]); };
    Sums sums[tokens];
    if constexpr (groups == a8_halves || halves) {
      add_dots<Lanes, tokens, 0, steps / 2>(codes, in, 0, p.zero_shift, sums);
      const Lanes w0 = groups == a8_halves ? scales.next() : Lanes{};
      for (int t = 0; t < tokens; ++t) {
        const Lanes sum = sums[t].floats();
        if constexpr (groups == a8_longer) {
          parts[t] = Lanes::fma(sum, s(0, t), parts[t]);
        } else if constexpr (groups == a8_halves && halves) {
          totals[t] = Lanes::fma(Lanes::mul(sum, w0), s(0, t), totals[t]);
        } else {
          parts[t] = Lanes::mul(sum, groups == a8_halves ? w0 : s(0, t));
        }
      }
      add_dots<Lanes, tokens, steps / 2, steps>(codes, in, 1, p.zero_shift, sums);
      const Lanes w1 = groups == a8_longer ? Lanes{} : scales.next();
      for (int t = 0; t < tokens; ++t) {
        const Lanes sum = sums[t].floats();
        if constexpr (groups == a8_longer) {
          parts[t] = Lanes::fma(sum, s(1, t), parts[t]);
        } else if constexpr (groups == a8_blocks) {
          totals[t] = Lanes::fma(Lanes::fma(sum, s(1, t), parts[t]), w1, totals[t]);
        } else if constexpr (halves) {
          totals[t] = Lanes::fma(Lanes::mul(sum, w1), s(1, t), totals[t]);
        } else {
          totals[t] = Lanes::fma(Lanes::fma(sum, w1, parts[t]), s(0, t), totals[t]);
        }
      }
    } else {
      add_dots<Lanes, tokens, 0, steps>(codes, in, 2, p.zero_shift, sums);
      const Lanes w = groups == a8_longer ? Lanes{} : scales.next();
      for (int t = 0; t < tokens; ++t) {
        const Lanes sum = sums[t].floats();
        if constexpr (groups == a8_longer) {
          parts[t] = Lanes::fma(sum, s(0, t), parts[t]);
        } else {
          totals[t] = Lanes::fma(Lanes::mul(sum, w), s(0, t), totals[t]);
        }
      }
    }
    if constexpr (groups == a8_longer) {
      for (int t = 0; offsets && t < tokens; ++t) weighted[t] += in.weighted_sums[2 * tokens + t];
      if (--left == 0) {
        left = p.scales.groups_per_outer;
        const Lanes w = scales.next_outer(), o = offsets ? offset_scales.next_outer() : Lanes{};
        for (int t = 0; t < tokens; ++t) {
          totals[t] = Lanes::fma(parts[t], w, totals[t]);
          parts[t] = Lanes::set(0);
          if constexpr (offsets) totals[t] = Lanes::fma(o, Lanes::set(weighted[t]), totals[t]);
          weighted[t] = 0;
        }
      }
    } else if constexpr (offsets) {
      for (int row = groups == a8_halves ? 0 : 2; row < (groups == a8_halves ? 2 : 3); ++row) {
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

inline A8Scales of_other_rows(A8Scales scales) {
  if (scales.outer != nullptr)
    scales.outer = static_cast<const uint8_t*>(scales.outer) + scales.other_rows;
  if (scales.factors != nullptr) scales.factors += scales.other_rows;
  return scales;
}

template <class Lanes, int bits, bool has_table, int tokens, A8Groups groups, bool halves,
          bool offsets>
void multiply_a8_tiles(const A8Product& first, const A8Product& second, const uint8_t* x,
                       int64_t left, float* acc) {
  const int64_t tile_bytes = first.x_blocks * a8_token_bytes * tokens;
  for (; left >= tokens; left -= tokens) {
    const uint8_t* tile = x + first.first_block * a8_token_bytes * tokens;
    // The second rows find this tile in the cache, which leaves time to ask for the next one.
    const bool has_next = left >= 2 * tokens && first.tokens > 4 * Lanes::a8_tokens;
    const uint8_t* next = has_next ? tile + tile_bytes : nullptr;
    multiply_a8_tile<Lanes, bits, has_table, tokens, groups, halves, offsets>(first, tile, nullptr,
                                                                              acc);
    multiply_a8_tile<Lanes, bits, has_table, tokens, groups, halves, offsets>(second, tile, next,
                                                                              acc + lanes);
    x += tile_bytes;
    acc += tokens * panel_rows;
  }
  if constexpr (tokens > 1) {
    multiply_a8_tiles<Lanes, bits, has_table, tokens / 2, groups, halves, offsets>(first, second, x,
                                                                                   left, acc);
  }
}

template <class Lanes, int bits, A8Groups groups, bool halves, bool offsets>
void multiply_a8(const A8Product& p) {
  A8Product second = p;
  second.codes += p.other_codes;
  second.scales = of_other_rows(p.scales);
  second.offsets = of_other_rows(p.offsets);
  const auto run = [&]<bool has_table>() {
    multiply_a8_tiles<Lanes, bits, has_table, Lanes::a8_tokens, groups, halves, offsets>(
        p, second, p.x, p.tokens, p.acc);
  };
  if constexpr (bits == 4 && groups != a8_longer && !offsets) {
    if (p.table != nullptr) return run.template operator()<true>();
  }
  run.template operator()<false>();
}

// What formats need; those of planes also as bytes.
constexpr bool has_kernel(int bits, A8Groups groups, bool offsets) {
  if (bits == 8) return true;
  if (groups == a8_halves) return offsets ? bits == 2 : bits == 3 || bits == 4 || bits == 6;
  if (groups == a8_blocks) return offsets ? bits != 1 && bits != 6 : bits >= 2 && bits != 6;
  return bits <= 4;
}

template <class Lanes, int bits, A8Groups groups, bool halves, bool offsets>
constexpr MultiplyA8 a8_kernel() {
  if constexpr (has_kernel(bits, groups, offsets)) {
    return multiply_a8<Lanes, bits, groups, halves, offsets>;
  } else {
    return nullptr;
  }
}

template <class Lanes, int bits>
constexpr A8Multiply make_a8_multiply() {
  return {{{{a8_kernel<Lanes, bits, a8_halves, false, false>(),
             a8_kernel<Lanes, bits, a8_halves, false, true>()},
            {a8_kernel<Lanes, bits, a8_halves, true, false>(),
             a8_kernel<Lanes, bits, a8_halves, true, true>()}},
           {{a8_kernel<Lanes, bits, a8_blocks, false, false>(),
             a8_kernel<Lanes, bits, a8_blocks, false, true>()},
            {a8_kernel<Lanes, bits, a8_blocks, true, false>(),
             a8_kernel<Lanes, bits, a8_blocks, true, true>()}},
           {{a8_kernel<Lanes, bits, a8_longer, false, false>(),
             a8_kernel<Lanes, bits, a8_longer, false, true>()},
            {a8_kernel<Lanes, bits, a8_longer, true, false>(),
             a8_kernel<Lanes, bits, a8_longer, true, true>()}}}};
}

// The bits from `shift` on of 64 codes a vector, as a plane.
template <class Lanes, int shift, int plane_bits>
void pack_plane(const uint8_t* codes, uint8_t* plane) {
  using Bytes = typename Lanes::Bytes;
  constexpr int per_byte = 8 / plane_bits, mask = (1 << plane_bits) - 1;
  for (int vector = 0; vector < plane_bits; ++vector, codes += per_byte * 64) {
    Bytes all = Bytes::load(codes).bits(shift, mask);
#pragma GCC unroll 8
    for (int part = 1; part < per_byte; ++part)
      all = all.joined(Bytes::load(codes + part * 64).bits(shift, mask), part * plane_bits);
    all.store(plane + vector * 64);
  }
}

template <class Lanes, int bits>
void pack(const uint8_t* codes, int64_t blocks, uint8_t* planes) {
  using Planes = Codes<Lanes, bits, false>;
  for (int64_t block = 0; block < blocks; ++block) {
    pack_plane<Lanes, 0, Planes::low_bits>(codes, planes);
    if constexpr (Planes::high_bits > 0)
      pack_plane<Lanes, Planes::low_bits, Planes::high_bits>(codes, planes + Planes::low_bytes);
    codes += a8_len * lanes;
    planes += Planes::block_bytes;
  }
}

template <class Lanes, int bits, bool has_table>
void unpack_codes(const uint8_t* planes, const uint8_t* table, int zero_shift, int64_t blocks,
                  uint8_t* out) {
  using Bytes = typename Lanes::Bytes;
  Codes<Lanes, bits, has_table> codes(planes, table);
  const Bytes more = Bytes::set(zero_shift > 7 ? 0 : 128 - (1 << zero_shift));
  for (int64_t block = 0; block < blocks; ++block, codes.next_block(), out += a8_len * lanes) {
#pragma GCC unroll 8
    for (int step = 0; step < a8_len / 4; ++step)
      Bytes::add(codes.at(step), more).store(out + step * 64);
  }
}

template <class Lanes, int bits>
void unpack(const uint8_t* planes, const uint8_t* table, int zero_shift, int64_t blocks,
            uint8_t* out) {
  if constexpr (bits == 4) {
    if (table != nullptr)
      return unpack_codes<Lanes, bits, true>(planes, table, zero_shift, blocks, out);
  }
  unpack_codes<Lanes, bits, false>(planes, table, zero_shift, blocks, out);
}

}  // namespace
}  // namespace nybble::cpu
