// The kernels with 16 lanes in one AVX-512 register.
#include "cpu/avx512/kernels_avx512.h"

#include <immintrin.h>

#include "cpu/lane_kernels.h"

namespace nybble::cpu::avx512 {
namespace {

// The forms with a mask of ones: GCC 12 warns of uninitialized values inside the plain ones.
constexpr __mmask16 all = 0xffff;

struct Lanes {
  static constexpr int tile_tokens = 12, max_sums = 24;  // of 32 registers
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
  // 2^n for integral n in [-126, 127].
  static Lanes power_of_two(Lanes n) {
    const __m512i exponent =
        _mm512_add_epi32(_mm512_maskz_cvtps_epi32(all, n.v), _mm512_set1_epi32(127));
    return {_mm512_castsi512_ps(_mm512_maskz_slli_epi32(all, exponent, 23))};
  }
};

}  // namespace

const Kernels kernels = make_kernels<Lanes>("avx512");

}  // namespace nybble::cpu::avx512
