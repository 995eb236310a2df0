// 16 lanes in one AVX-512 register. Included by units with ISA flags: no standard library here.
#pragma once

#include <immintrin.h>
#include <stdint.h>

namespace nybble::cpu::avx512 {
namespace {

// The forms with a mask of ones: GCC 12 warns of uninitialized values inside the plain ones.
constexpr __mmask8 all8 = 0xff;
constexpr __mmask16 all = 0xffff;
constexpr __mmask32 all32 = 0xffffffff;
constexpr __mmask64 all64 = ~__mmask64{0};

// 64 bytes.
struct Bytes {
  __m512i v;

  static Bytes load(const uint8_t* p) { return {_mm512_loadu_si512(p)}; }
  static Bytes repeat16(const uint8_t* p) {
    return {
        _mm512_maskz_broadcast_i32x4(all, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
  }
  static Bytes set(int x) { return {_mm512_set1_epi8(static_cast<char>(x))}; }
  static Bytes add(Bytes a, Bytes b) { return {_mm512_add_epi8(a.v, b.v)}; }
  void store(uint8_t* p) const { _mm512_storeu_si512(p, v); }
  Bytes bits(int shift, int mask) const {
    return {_mm512_and_si512(_mm512_maskz_srl_epi16(all32, v, _mm_cvtsi32_si128(shift)),
                             _mm512_set1_epi8(static_cast<char>(mask)))};
  }
  Bytes joined(Bytes high, int shift) const {
    return {_mm512_or_si512(v, _mm512_maskz_sll_epi16(all32, high.v, _mm_cvtsi32_si128(shift)))};
  }
  // As the table of 16 that repeats: its entries for these codes.
  Bytes at(Bytes codes) const { return {_mm512_maskz_shuffle_epi8(all64, v, codes.v)}; }
};

// 16 pairs of integers of 16 bits.
struct Shorts {
  __m512i v;

  static Shorts load_int8(const int8_t* p) {
    return {
        _mm512_maskz_cvtepi8_epi16(all32, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
  }
};

// Lane i of the result: all lanes of vectors[i] joined. Halves of two vectors at a time become one,
// then quarters, and so on; the order of vectors is such that results end up in theirs.
template <class Vector, class Bits, class Join>
__m512i folded(const Vector (&vectors)[lanes], const Bits& bits, const Join& join) {
  __m512i quads[4];
  for (int i = 0; i < 4; ++i) {
    const auto halves = [&](int low, int high) {
      const __m512i a = bits(vectors[low]), b = bits(vectors[high]);
      return join(_mm512_maskz_shuffle_i64x2(all8, a, b, 0x44),
                  _mm512_maskz_shuffle_i64x2(all8, a, b, 0xee));
    };
    const __m512i a = halves(i, i + 4), b = halves(i + 8, i + 12);
    quads[i] = join(_mm512_maskz_shuffle_i64x2(all8, a, b, 0x88),
                    _mm512_maskz_shuffle_i64x2(all8, a, b, 0xdd));
  }
  const auto pairs = [&](__m512i a, __m512i b) {
    return join(_mm512_maskz_unpacklo_epi64(all8, a, b), _mm512_maskz_unpackhi_epi64(all8, a, b));
  };
  const __m512 even = _mm512_castsi512_ps(pairs(quads[0], quads[1])),
               odd = _mm512_castsi512_ps(pairs(quads[2], quads[3]));
  return join(_mm512_castps_si512(_mm512_maskz_shuffle_ps(all, even, odd, 0x88)),
              _mm512_castps_si512(_mm512_maskz_shuffle_ps(all, even, odd, 0xdd)));
}

template <class Dot>
struct Lanes {
  static constexpr int tile_tokens = 12, max_sums = 24;  // of 32 registers
  // 512 tokens are 1.03 to 1.05 times as fast when planes are unpacked once, 64 are 0.95.
  static constexpr int a8_tokens = 8, in_place_tokens = 128, taken_off = 0, pair_limit = 0;
  // Twice 16 rows at a time: 12 of 32 registers hold sums, 12 totals.
  static constexpr int prompt_tokens = Dot::prompt_tokens;
  using Bytes = avx512::Bytes;
  using Shorts = avx512::Shorts;
  // 16 integers; Dot adds the products of four bytes each.
  struct Sums {
    __m512i v;

    static Sums set(int32_t x) { return {_mm512_set1_epi32(x)}; }
    // To even.
    static Sums rounded(Lanes x) { return {_mm512_maskz_cvtps_epi32(all, x.v)}; }
    void add_dot(Bytes weights, const uint8_t* four) {
      int32_t x;
      __builtin_memcpy(&x, four, 4);
      v = Dot::add(v, weights.v, _mm512_set1_epi32(x));
    }
    // The products of two integers each.
    void add_dot(Shorts weights, int32_t two) {
      v = Dot::add_shorts(v, weights.v, _mm512_set1_epi32(two));
    }
    Lanes floats() const { return {_mm512_maskz_cvtepi32_ps(all, v)}; }
    void store_int8(int8_t* p) const {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_maskz_cvtepi32_epi8(all, v));
    }
    // Lane i of a as the lower half of p[i], lane 8 + i of b as the upper one, i < 8.
    static void store_joined(Sums a, Sums b, int32_t* p) {
      const __m256i low = _mm512_maskz_extracti64x4_epi64(all8, a.v, 0),
                    high = _mm512_maskz_extracti64x4_epi64(all8, b.v, 1);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                          _mm256_blend_epi16(low, _mm256_slli_epi32(high, 16), 0xaa));
    }
    void store(int32_t* p) const { _mm512_storeu_si512(p, v); }
    // Lane i: that of the lanes of sums[i].
    static Sums totals(const Sums (&sums)[lanes]) {
      return {folded(
          sums, [](const Sums& x) { return x.v; },
          [](__m512i a, __m512i b) { return _mm512_add_epi32(a, b); })};
    }
  };
  __m512 v;

  static Lanes load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static Lanes load_f16(const uint16_t* p) {
    return {_mm512_maskz_cvtph_ps(all, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
  }
  static Lanes load_bf16(const uint16_t* p) {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return {_mm512_castsi512_ps(
        _mm512_maskz_slli_epi32(all, _mm512_maskz_cvtepu16_epi32(all, bits), 16))};
  }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
  static Lanes set(float x) { return {_mm512_set1_ps(x)}; }
  static Lanes fma(Lanes a, Lanes b, Lanes c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
  static Lanes add(Lanes a, Lanes b) { return {_mm512_add_ps(a.v, b.v)}; }
  static Lanes sub(Lanes a, Lanes b) { return {_mm512_sub_ps(a.v, b.v)}; }
  static Lanes mul(Lanes a, Lanes b) { return {_mm512_mul_ps(a.v, b.v)}; }
  static Lanes div(Lanes a, Lanes b) { return {_mm512_div_ps(a.v, b.v)}; }
  // a > b ? a : b
  static Lanes max(Lanes a, Lanes b) { return {_mm512_maskz_max_ps(all, a.v, b.v)}; }
  // a < b ? x : y
  static Lanes select_less(Lanes a, Lanes b, Lanes x, Lanes y) {
    return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ), y.v, x.v)};
  }
  static Lanes load_int8(const int8_t* p) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return {_mm512_maskz_cvtepi32_ps(all, _mm512_maskz_cvtepi8_epi32(all, bytes))};
  }
  // Lane i: the highest magnitude of the lanes of values[i].
  static Lanes highest_magnitudes(const Lanes (&values)[lanes]) {
    return {_mm512_castsi512_ps(folded(
        values, [](Lanes x) { return _mm512_castps_si512(x.magnitude().v); },
        [](__m512i a, __m512i b) {
          return _mm512_castps_si512(
              _mm512_maskz_max_ps(all, _mm512_castsi512_ps(a), _mm512_castsi512_ps(b)));
        }))};
  }
  Lanes magnitude() const {
    return {_mm512_castsi512_ps(
        _mm512_and_si512(_mm512_castps_si512(v), _mm512_set1_epi32(0x7fffffff)))};
  }
  Lanes halves_swapped() const {
    return {_mm512_castsi512_ps(
        _mm512_maskz_shuffle_i64x2(all8, _mm512_castps_si512(v), _mm512_castps_si512(v), 0x4e))};
  }
  float highest() const {
    const __m256 half = _mm256_max_ps(_mm512_maskz_extractf32x8_ps(0xff, v, 0),
                                      _mm512_maskz_extractf32x8_ps(0xff, v, 1));
    __m128 top = _mm_max_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    top = _mm_max_ps(top, _mm_movehl_ps(top, top));
    return _mm_cvtss_f32(_mm_max_ss(top, _mm_shuffle_ps(top, top, 1)));
  }
  // floor(log2(x)) for x that are normal and above 0.
  Lanes exponent() const { return {_mm512_maskz_getexp_ps(all, v)}; }
  // x 2^n for integral n in [-126, 127].
  static Lanes scaled(Lanes x, float n) {
    return {_mm512_maskz_scalef_ps(all, x.v, _mm512_set1_ps(n))};
  }
  // 2^n for integral n in [-126, 127].
  static Lanes power_of_two(Lanes n) {
    const __m512i exponent =
        _mm512_add_epi32(_mm512_maskz_cvtps_epi32(all, n.v), _mm512_set1_epi32(127));
    return {_mm512_castsi512_ps(_mm512_maskz_slli_epi32(all, exponent, 23))};
  }
};

}  // namespace
}  // namespace nybble::cpu::avx512
