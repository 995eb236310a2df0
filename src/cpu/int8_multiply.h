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
// block: acc = fma(o, SUM(s * a), acc); those of more than 32 columns at their end, for the sum of
// their blocks' SUM(s * a) in order; those of two levels after 256 columns:
// acc = fma(SUM(small integer * q) * 2^e, half, acc), where q * 2^e is SUM(s * a) of each group in
// 16 bits (a8_block.h) and the sum is exact.
#pragma once

#include "cpu/a8_block.h"
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
  const uint8_t* place = nullptr;
  Bytes table{};

  void begin(const uint8_t* codes, const uint8_t* entries) {
    place = codes;
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
  // Those of the next 16 rows, which stand where the processor does not foresee them.
  bool fetches = false;
  const uint8_t* outer_place = nullptr;
  int left = 0;  // groups that the outer scale is for
  Lanes outer{};

  void begin(const A8Scales& scales, bool fetch) {
    place = scales;
    fetches = fetch;
    outer_place = static_cast<const uint8_t*>(scales.outer);
  }

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

// The same where each group has a float: without branches.
template <class Lanes>
struct FloatScales {
  const float* place = nullptr;

  void begin(const A8Scales& scales, bool) { place = static_cast<const float*>(scales.outer); }
  Lanes next() {
    const Lanes scale = Lanes::load(place);
    place += lanes;
    return scale;
  }
  Lanes next_outer() { return next(); }
};

// Offsets of two levels of 16 rows, 256 columns at a time.
template <A8Groups groups>
struct PairOffsets {
  static constexpr int pairs = groups == a8_halves ? a8_paired_blocks : a8_paired_blocks / 2;
  const uint16_t* outer = nullptr;
  const int8_t* factors = nullptr;
  int64_t fetched = 0;  // so many bytes ahead is what the processor does not foresee; 0: nothing

  void begin(const A8Scales& scales, bool fetches) {
    outer = static_cast<const uint16_t*>(scales.outer);
    factors = scales.factors;
    fetched = fetches ? scales.other_rows : 0;
  }
  void next() {
    if (fetched != 0) {
      __builtin_prefetch(reinterpret_cast<const uint8_t*>(outer) + fetched);
      for (int i = 0; i < pairs * 2 * lanes; i += 64) __builtin_prefetch(factors + fetched + i);
    }
    outer += lanes;
    factors += pairs * 2 * lanes;
  }
};

// Those of 8 blocks, of which x is the first.
template <class Lanes, A8Groups groups, int n, int tokens>
[[gnu::always_inline]] inline void add_pair_offsets(PairOffsets<groups> (&offsets)[n],
                                                    const A8Block* x, Lanes (&totals)[n][tokens]) {
  constexpr int pairs = PairOffsets<groups>::pairs;
  Lanes outer[n];
  typename Lanes::Shorts factors[n][pairs];
  for (int r = 0; r < n; ++r) {
    outer[r] = Lanes::load_f16(offsets[r].outer);
    for (int pair = 0; pair < pairs; ++pair)
      factors[r][pair] = Lanes::Shorts::load_int8(offsets[r].factors + pair * 2 * lanes);
    offsets[r].next();
  }
#pragma GCC unroll 16
  for (int t = 0; t < tokens; ++t) {
    typename Lanes::Sums sums[n];
    for (auto& sum : sums) sum = Lanes::Sums::set(0);
#pragma GCC unroll 8
    for (int pair = 0; pair < pairs; ++pair) {
      const int block = groups == a8_halves ? pair : 2 * pair + 1;
      const A8Block& in = x[block * tokens + t];
      const int32_t two = groups == a8_halves ? in.pair_of_halves : in.pair_of_blocks;
      for (int r = 0; r < n; ++r) sums[r].add_dot(factors[r][pair], two);
    }
    for (int r = 0; r < n; ++r) {
      totals[r][t] =
          Lanes::fma(Lanes::scaled(sums[r].floats(), x[t].exponent), outer[r], totals[r][t]);
    }
  }
}

constexpr A8Block no_blocks[lanes / 2] = {};

// n times 16 rows that run together, so that what one has of the activations serves the others.
template <class Lanes, int n, int tokens, int bits, bool has_table, class Sums>
[[gnu::always_inline]] inline void add_steps(const Codes<Lanes, bits, has_table>* codes,
                                             const A8Block* in, int first, int last,
                                             Sums (&sums)[n][tokens]) {
#pragma GCC unroll 8
  for (int step = first; step < last; ++step) {
    typename Lanes::Bytes weights[n];
    for (int r = 0; r < n; ++r) weights[r] = codes[r].at(step);
#pragma GCC unroll 16
    for (int t = 0; t < tokens; ++t) {
#pragma GCC unroll 2
      for (int r = 0; r < n; ++r) sums[r][t].add_dot(weights[r], in[t].codes + step * 4);
    }
  }
}

// The sums of steps [first, last) of a block's 8, for all tokens; which: of the sums of
// activations. They begin at minus the zero of a code times the sum of the activations, and at what
// Lanes takes off every code.
template <class Lanes, int n, int tokens, int first, int last, int bits, bool has_table>
[[gnu::always_inline]] inline void add_dots(const Codes<Lanes, bits, has_table>* codes,
                                            const A8Block* in, int which, int zero_shift,
                                            typename Lanes::Sums (&products)[n][tokens]) {
  // So many steps fit sums of 16 bits, each of two columns.
  constexpr int fit = Lanes::pair_limit / (2 * 127 * Codes<Lanes, bits, has_table>::largest);
  const bool has_zero = zero_shift <= 7;
  static_assert(tokens <= lanes / 2);
  const A8Block* zeros = has_zero ? in : no_blocks;
  for (int t = 0; t < tokens; ++t) {
    int32_t start = zeros[t].minus_sums[which];
    if constexpr (bits < 8) start >>= 7 - (has_zero ? zero_shift : 7);
    if constexpr (Lanes::taken_off != 0 && fit < 2) start -= in[t].minus_sums[which];
    for (int r = 0; r < n; ++r) products[r][t] = Lanes::Sums::set(start);
  }
  if constexpr (fit < 2) {
    add_steps<Lanes>(codes, in, first, last, products);
  } else {
#pragma GCC unroll 4
    for (int step = first; step < last; step += fit) {
      typename Lanes::Pairs pairs[n][tokens];
      for (auto& own : pairs)
        for (auto& pair : own) pair = Lanes::Pairs::zero();
      add_steps<Lanes>(codes, in, step, step + fit < last ? step + fit : last, pairs);
      for (int r = 0; r < n; ++r)
        for (int t = 0; t < tokens; ++t) products[r][t].add(pairs[r][t]);
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

// n times 16 rows and one tile of tokens; next: the tile that comes after it, nullptr where it need
// not be fetched.
template <class Lanes, int bits, bool has_table, int tokens, A8Groups groups, bool halves,
          A8Offsets offsets, int n, class Scales>
void multiply_a8_tile(const A8Product* rows, const A8Block* x, const A8Block* next, float* acc) {
  using Sums = typename Lanes::Sums;
  constexpr int steps = a8_len / 4;
  const A8Product& p = rows[0];
  constexpr bool stand_alone = bits == 8 || groups == a8_longer;
  const bool fetches = (tokens >= 4 || !stand_alone) && p.tokens <= 4 * Lanes::a8_tokens;
  Lanes totals[n][tokens], parts[n][tokens];
  float weighted[tokens] = {};
  Codes<Lanes, bits, has_table> codes[n];
  Scales scales[n], offset_scales[n];
  PairOffsets<groups> offset_pairs[n];
  for (int r = 0; r < n; ++r) {
    for (int t = 0; t < tokens; ++t) {
      totals[r][t] = p.begins ? Lanes::set(0) : Lanes::load(acc + t * panel_rows + r * lanes);
      parts[r][t] = Lanes::set(0);
    }
    codes[r].begin(rows[r].codes, p.table);
    scales[r].begin(rows[r].scales, fetches);
    if constexpr (offsets == pair_offsets) {
      offset_pairs[r].begin(rows[r].offsets, fetches);
    } else {
      offset_scales[r].begin(rows[r].offsets, fetches);
    }
  }
  // Calls action(r, t, of_token(t)), which is loaded once for all rows.
  const auto for_sums = [](const auto& of_token, const auto& action) {
#pragma GCC unroll 16
    for (int t = 0; t < tokens; ++t) {
      const Lanes own = Lanes::set(of_token(t));
#pragma GCC unroll 2
      for (int r = 0; r < n; ++r) action(r, t, own);
    }
  };
  int left = p.scales.groups_per_outer;  // blocks of a longer group
  for (int64_t block = 0; block < p.blocks; ++block) {
    for (int r = 0; fetches && r < n; ++r)
      fetch<first_level>(codes[r].place + fetch_ahead, codes[r].block_bytes);
    for (int t = 0; next != nullptr && t < tokens; ++t)
      fetch<second_level>(next[block * tokens + t].codes, a8_len);
    const auto scale_of = [x](int half) { return [=](int t) { return x[t].scales[half]; }; };
    Lanes w0[n], w[n], o[n];
    const auto take = [](Scales(&from)[n], Lanes(&to)[n]) {
      for (int r = 0; r < n; ++r) to[r] = from[r].next();
    };
    // Scales come with branches, behind which compilers move sums, with all that these multiply on
    // the stack (AVX2: 0.8).
    if constexpr (groups == a8_halves) take(scales, w0);
    if constexpr (groups != a8_longer) {
      take(scales, w);
      if constexpr (offsets == float_offsets) take(offset_scales, o);
    }
    Sums sums[n][tokens];
    if constexpr (groups == a8_halves || halves) {
      add_dots<Lanes, n, tokens, 0, steps / 2>(codes, x, 0, p.zero_shift, sums);
      for_sums(scale_of(0), [&](int r, int t, Lanes own) {
        const Lanes sum = sums[r][t].floats();
        if constexpr (groups == a8_longer) {
          parts[r][t] = Lanes::fma(sum, own, parts[r][t]);
        } else if constexpr (groups == a8_halves && halves) {
          totals[r][t] = Lanes::fma(Lanes::mul(sum, w0[r]), own, totals[r][t]);
        } else {
          parts[r][t] = Lanes::mul(sum, groups == a8_halves ? w0[r] : own);
        }
      });
      add_dots<Lanes, n, tokens, steps / 2, steps>(codes, x, 1, p.zero_shift, sums);
      for_sums(scale_of(halves), [&](int r, int t, Lanes own) {
        const Lanes sum = sums[r][t].floats();
        if constexpr (groups == a8_longer) {
          parts[r][t] = Lanes::fma(sum, own, parts[r][t]);
        } else if constexpr (groups == a8_blocks) {
          totals[r][t] = Lanes::fma(Lanes::fma(sum, own, parts[r][t]), w[r], totals[r][t]);
        } else if constexpr (halves) {
          totals[r][t] = Lanes::fma(Lanes::mul(sum, w[r]), own, totals[r][t]);
        } else {
          totals[r][t] = Lanes::fma(Lanes::fma(sum, w[r], parts[r][t]), own, totals[r][t]);
        }
      });
    } else {
      add_dots<Lanes, n, tokens, 0, steps>(codes, x, 2, p.zero_shift, sums);
      for_sums(scale_of(0), [&](int r, int t, Lanes own) {
        const Lanes sum = sums[r][t].floats();
        if constexpr (groups == a8_longer) {
          parts[r][t] = Lanes::fma(sum, own, parts[r][t]);
        } else {
          totals[r][t] = Lanes::fma(Lanes::mul(sum, w[r]), own, totals[r][t]);
        }
      });
    }
    if constexpr (groups == a8_longer) {
      for (int t = 0; offsets != no_offsets && t < tokens; ++t) weighted[t] += x[t].weighted_sum;
      if (--left == 0) {
        left = p.scales.groups_per_outer;
        for (int r = 0; r < n; ++r) {
          w[r] = scales[r].next_outer();
          if constexpr (offsets != no_offsets) o[r] = offset_scales[r].next_outer();
        }
        for_sums([&](int t) { return weighted[t]; },
                 [&](int r, int t, Lanes sum) {
                   totals[r][t] = Lanes::fma(parts[r][t], w[r], totals[r][t]);
                   parts[r][t] = Lanes::set(0);
                   if constexpr (offsets != no_offsets)
                     totals[r][t] = Lanes::fma(o[r], sum, totals[r][t]);
                 });
        for (float& sum : weighted) sum = 0;
      }
    } else if constexpr (offsets == float_offsets) {
      for_sums(
          [x](int t) { return x[t].weighted_sum; },
          [&](int r, int t, Lanes sum) { totals[r][t] = Lanes::fma(o[r], sum, totals[r][t]); });
    } else if constexpr (offsets == pair_offsets) {
      constexpr int last = a8_paired_blocks - 1;
      if (block % a8_paired_blocks == last)
        add_pair_offsets(offset_pairs, x - last * tokens, totals);
    }
    for (int r = 0; r < n; ++r) codes[r].next_block();
    x += tokens;
  }
  for (int r = 0; r < n; ++r)
    for (int t = 0; t < tokens; ++t) totals[r][t].store(acc + t * panel_rows + r * lanes);
}

inline A8Scales of_other_rows(A8Scales scales) {
  if (scales.outer != nullptr)
    scales.outer = static_cast<const uint8_t*>(scales.outer) + scales.other_rows;
  if (scales.factors != nullptr) scales.factors += scales.other_rows;
  return scales;
}

// n: of the two times 16 rows run together, in whole tiles.
template <class Lanes, int bits, bool has_table, int tokens, A8Groups groups, bool halves,
          A8Offsets offsets, int n, class Scales>
void multiply_a8_tiles(const A8Product (&rows)[2], const A8Block* x, int64_t left, float* acc) {
  const A8Product& p = rows[0];
  const int64_t tile_blocks = p.x_blocks * tokens;
  for (; left >= tokens; left -= tokens) {
    const A8Block* tile = x + p.first_block * tokens;
    // Fetched with the last rows, which leaves time.
    const bool has_next = left >= 2 * tokens && p.tokens > 4 * Lanes::a8_tokens;
    const A8Block* next = has_next ? tile + tile_blocks : nullptr;
    for (int r = 0; r < 2; r += n) {
      multiply_a8_tile<Lanes, bits, has_table, tokens, groups, halves, offsets, n, Scales>(
          rows + r, tile, r + n == 2 ? next : nullptr, acc + r * lanes);
    }
    x += tile_blocks;
    acc += tokens * panel_rows;
  }
  if constexpr (tokens > 1) {
    multiply_a8_tiles<Lanes, bits, has_table, tokens / 2, groups, halves, offsets, 1, Scales>(
        rows, x, left, acc);
  }
}

template <class Lanes, int bits, A8Groups groups, bool halves, A8Offsets offsets>
void multiply_a8(const A8Product& p) {
  A8Product rows[2] = {p, p};
  rows[1].codes += p.other_codes;
  rows[1].scales = of_other_rows(p.scales);
  rows[1].offsets = of_other_rows(p.offsets);
  const auto run = [&]<bool has_table, int tile, int n, class Scales>() {
    multiply_a8_tiles<Lanes, bits, has_table, tile, groups, halves, offsets, n, Scales>(
        rows, p.x, p.tokens, p.acc);
  };
  constexpr int tile = Lanes::a8_tokens, prompt_tile = Lanes::prompt_tokens;
  if constexpr (bits == 8 && prompt_tile != tile) {
    if (p.tile == prompt_tile)
      return run.template operator()<false, prompt_tile, 2, FloatScales<Lanes>>();
  }
  if constexpr (bits == 4 && groups != a8_longer && offsets == no_offsets) {
    if (p.table != nullptr) return run.template operator()<true, tile, 1, GroupScales<Lanes>>();
  }
  run.template operator()<false, tile, 1, GroupScales<Lanes>>();
}

// What formats need; those of planes also as bytes.
constexpr bool has_kernel(int bits, A8Groups groups, A8Offsets offsets) {
  if (offsets == pair_offsets)
    return groups == a8_halves ? bits == 2 || bits == 8
                               : groups == a8_blocks && (bits == 4 || bits == 5 || bits == 8);
  if (groups == a8_halves)
    return offsets == no_offsets && (bits == 3 || bits == 4 || bits == 6 || bits == 8);
  if (bits == 8) return true;
  if (groups == a8_blocks)
    return offsets == no_offsets ? bits >= 2 && bits != 6 : bits != 1 && bits != 6;
  return bits <= 4;
}

template <class Lanes, int bits, A8Groups groups, bool halves, A8Offsets offsets>
constexpr MultiplyA8 a8_kernel() {
  if constexpr (has_kernel(bits, groups, offsets)) {
    return multiply_a8<Lanes, bits, groups, halves, offsets>;
  } else {
    return nullptr;
  }
}

template <class Lanes, int bits, A8Groups groups, bool halves>
constexpr void set_a8_kernels(MultiplyA8 (&kernels)[n_a8_offsets]) {
  kernels[no_offsets] = a8_kernel<Lanes, bits, groups, halves, no_offsets>();
  kernels[float_offsets] = a8_kernel<Lanes, bits, groups, halves, float_offsets>();
  kernels[pair_offsets] = a8_kernel<Lanes, bits, groups, halves, pair_offsets>();
}

template <class Lanes, int bits>
constexpr A8Multiply make_a8_multiply() {
  A8Multiply multiply{};
  set_a8_kernels<Lanes, bits, a8_halves, false>(multiply.kernels[a8_halves][false]);
  set_a8_kernels<Lanes, bits, a8_halves, true>(multiply.kernels[a8_halves][true]);
  set_a8_kernels<Lanes, bits, a8_blocks, false>(multiply.kernels[a8_blocks][false]);
  set_a8_kernels<Lanes, bits, a8_blocks, true>(multiply.kernels[a8_blocks][true]);
  set_a8_kernels<Lanes, bits, a8_longer, false>(multiply.kernels[a8_longer][false]);
  set_a8_kernels<Lanes, bits, a8_longer, true>(multiply.kernels[a8_longer][true]);
  return multiply;
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
  Codes<Lanes, bits, has_table> codes;
  codes.begin(planes, table);
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
