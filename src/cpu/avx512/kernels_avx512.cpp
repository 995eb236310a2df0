// The kernels with AVX-512 without VNNI.
#include "cpu/avx512/kernels_avx512.h"

#include "cpu/avx512/lanes_avx512.h"
#include "cpu/lane_kernels.h"

namespace nybble::cpu::avx512 {
namespace {

// Two products in 16 bits overflow when codes have 8 bits, so the highest bit goes apart:
// 2 * 127 * 127 and 2 * 127 fit.
struct Dot {
  static constexpr int prompt_tokens = 8;  // sums take other registers, too

  static __m512i add(__m512i sums, __m512i weights, __m512i x) {
    const __m512i low = _mm512_and_si512(weights, _mm512_set1_epi8(127));
    const __m512i high =
        _mm512_and_si512(_mm512_maskz_srli_epi16(all32, weights, 7), _mm512_set1_epi8(1));
    const __m512i a = _mm512_maddubs_epi16(low, x), b = _mm512_maddubs_epi16(high, x);
    return _mm512_add_epi32(_mm512_add_epi32(sums, _mm512_madd_epi16(a, _mm512_set1_epi16(1))),
                            _mm512_madd_epi16(b, _mm512_set1_epi16(128)));
  }
  static __m512i add_shorts(__m512i sums, __m512i weights, __m512i x) {
    return _mm512_add_epi32(sums, _mm512_madd_epi16(weights, x));
  }
};

}  // namespace

const Kernels kernels = make_kernels<Lanes<Dot>>("avx512");

}  // namespace nybble::cpu::avx512
