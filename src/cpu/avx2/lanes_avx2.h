// 16 lanes in two AVX2 registers. Included by units with ISA flags: no standard library here.
#pragma once

#include <immintrin.h>
#include <stdint.h>

namespace nybble::cpu::avx2 {
namespace {

// 64 bytes in two registers.
struct Bytes {
  __m256i low, high;

  static Bytes load(const uint8_t* p) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)),
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32))};
  }
  static Bytes repeat16(const uint8_t* p) {
    const __m256i both =
        _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    return {both, both};
  }
  static Bytes set(int x) {
    const __m256i all = _mm256_set1_epi8(static_cast<char>(x));
    return {all, all};
  }
  static Bytes add(Bytes a, Bytes b) {
    return {_mm256_add_epi8(a.low, b.low), _mm256_add_epi8(a.high, b.high)};
  }
  void store(uint8_t* p) const {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), low);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + 32), high);
  }
  Bytes bits(int shift, int mask) const {
    const __m256i kept = _mm256_set1_epi8(static_cast<char>(mask));
    return {_mm256_and_si256(_mm256_srli_epi16(low, shift), kept),
            _mm256_and_si256(_mm256_srli_epi16(high, shift), kept)};
  }
  Bytes joined(Bytes upper, int shift) const {
    return {_mm256_or_si256(low, _mm256_slli_epi16(upper.low, shift)),
            _mm256_or_si256(high, _mm256_slli_epi16(upper.high, shift))};
  }
  // As the table of 16 that repeats: its entries for these codes.
  Bytes at(Bytes codes) const {
    return {_mm256_shuffle_epi8(low, codes.low), _mm256_shuffle_epi8(high, codes.high)};
  }
};

// 16 pairs of integers of 16 bits.
struct Shorts {
  __m256i low, high;

  static Shorts load_int8(const int8_t* p) {
    return {_mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))),
            _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16)))};
  }
};

template <class Dot>
struct Lanes {
  static constexpr int tile_tokens = 6, max_sums = 6;  // a sum takes two of 16 registers
  static constexpr int a8_tokens = Dot::a8_tokens, in_place_tokens = Dot::in_place_tokens,
                       taken_off = Dot::taken_off, pair_limit = Dot::pair_limit,
                       prompt_tokens = a8_tokens;
  using Bytes = avx2::Bytes;
  using Shorts = avx2::Shorts;
  // 32 integers of 16 bits, each the products of two bytes: the high ones are of rows 8 to 15.
  struct Pairs {
    __m256i low, high;

    static Pairs zero() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
    void add_dot(Bytes weights, const uint8_t* four) {
      int32_t x;
      __builtin_memcpy(&x, four, 4);
      const __m256i values = _mm256_set1_epi32(x);
      low = _mm256_add_epi16(low, _mm256_maddubs_epi16(weights.low, values));
      high = _mm256_add_epi16(high, _mm256_maddubs_epi16(weights.high, values));
    }
  };
  // 16 integers; Dot adds the products of four bytes each.
  struct Sums {
    __m256i low, high;

    static Sums set(int32_t x) {
      const __m256i sum = _mm256_set1_epi32(x);
      return {sum, sum};
    }
    static Sums load(const int32_t* p) {
      return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)),
              _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 8))};
    }
    // To even.
    static Sums rounded(const Lanes& x) {
      return {_mm256_cvtps_epi32(x.low), _mm256_cvtps_epi32(x.high)};
    }
    Lanes floats() const { return {_mm256_cvtepi32_ps(low), _mm256_cvtepi32_ps(high)}; }
    void add_dot(Bytes weights, const uint8_t* four) {
      int32_t x;
      __builtin_memcpy(&x, four, 4);
      const __m256i values = _mm256_set1_epi32(x);
      low = Dot::add(low, weights.low, values);
      high = Dot::add(high, weights.high, values);
    }
    // The products of two integers each.
    void add_dot(Shorts weights, int32_t two) {
      const __m256i values = _mm256_set1_epi32(two);
      low = Dot::add_shorts(low, weights.low, values);
      high = Dot::add_shorts(high, weights.high, values);
    }
    void add(const Pairs& pairs) {
      const __m256i ones = _mm256_set1_epi16(1);
      low = _mm256_add_epi32(low, _mm256_madd_epi16(pairs.low, ones));
      high = _mm256_add_epi32(high, _mm256_madd_epi16(pairs.high, ones));
    }
    void store_int8(int8_t* p) const {
      const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
      _mm_storeu_si128(
          reinterpret_cast<__m128i*>(p),
          _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
    }
    // Lane i of a as the lower half of p[i], lane 8 + i of b as the upper one, i < 8.
    static void store_joined(Sums a, Sums b, int32_t* p) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                          _mm256_blend_epi16(a.low, _mm256_slli_epi32(b.high, 16), 0xaa));
    }
    void store(int32_t* p) const {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), low);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + 8), high);
    }
    // Lane i: that of the lanes of sums[i].
    static Sums totals(const Sums (&sums)[lanes]) {
      int32_t all[lanes];
      for (int i = 0; i < lanes; ++i) all[i] = sums[i].total();
      return load(all);
    }
    int32_t total() const {
      int32_t parts[8], sum = 0;
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(parts), _mm256_add_epi32(low, high));
      for (const int32_t part : parts) sum += part;
      return sum;
    }
  };
  __m256 low, high;

  static Lanes load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
  static Lanes load_f16(const uint16_t* p) { return {half_to_float(p), half_to_float(p + 8)}; }
  static Lanes load_bf16(const uint16_t* p) { return {bf16_to_float(p), bf16_to_float(p + 8)}; }
  void store(float* p) const {
    _mm256_storeu_ps(p, low);
    _mm256_storeu_ps(p + 8, high);
  }
  static Lanes set(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
  static Lanes fma(Lanes a, Lanes b, Lanes c) {
    return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
  }
  static Lanes add(Lanes a, Lanes b) {
    return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
  }
  static Lanes sub(Lanes a, Lanes b) {
    return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
  }
  static Lanes mul(Lanes a, Lanes b) {
    return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
  }
  static Lanes div(Lanes a, Lanes b) {
    return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
  }
  // a > b ? a : b
  static Lanes max(Lanes a, Lanes b) {
    return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
  }
  // a < b ? x : y
  static Lanes select_less(Lanes a, Lanes b, Lanes x, Lanes y) {
    return {_mm256_blendv_ps(y.low, x.low, _mm256_cmp_ps(a.low, b.low, _CMP_LT_OQ)),
            _mm256_blendv_ps(y.high, x.high, _mm256_cmp_ps(a.high, b.high, _CMP_LT_OQ))};
  }
  static Lanes load_int8(const int8_t* p) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)),
            _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(bytes, 8)))};
  }
  // Lane i: the highest magnitude of the lanes of values[i].
  static Lanes highest_magnitudes(const Lanes (&values)[lanes]) {
    float all[lanes];
    for (int i = 0; i < lanes; ++i) all[i] = values[i].magnitude().highest();
    return load(all);
  }
  Lanes magnitude() const {
    const __m256 mask = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
    return {_mm256_and_ps(low, mask), _mm256_and_ps(high, mask)};
  }
  Lanes halves_swapped() const { return {high, low}; }
  float highest() const {
    float parts[8], top = 0;
    _mm256_storeu_ps(parts, _mm256_max_ps(low, high));
    for (const float part : parts) top = part > top ? part : top;
    return top;
  }
  // floor(log2(x)) for x that are normal and above 0.
  Lanes exponent() const { return {exponent_of(low), exponent_of(high)}; }
  // x 2^n for integral n in [-126, 127].
  static Lanes scaled(Lanes x, float n) { return mul(x, power_of_two(set(n))); }
  // 2^n for integral n in [-126, 127].
  static Lanes power_of_two(Lanes n) { return {two_to(n.low), two_to(n.high)}; }

 private:
  static __m256 half_to_float(const uint16_t* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static __m256 bf16_to_float(const uint16_t* p) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static __m256 exponent_of(__m256 x) {
    const __m256i exponent = _mm256_srli_epi32(_mm256_castps_si256(x), 23);
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(exponent, _mm256_set1_epi32(127)));
  }
  static __m256 two_to(__m256 n) {
    const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
  }
};

}  // namespace
}  // namespace nybble::cpu::avx2
