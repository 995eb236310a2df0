// The kernels with AVX2 without VNNI.
#include "cpu/avx2/kernels_avx2.h"

#include "cpu/avx2/lanes_avx2.h"
#include "cpu/lane_kernels.h"

namespace nybble::cpu::avx2 {
namespace {

// Two products in 16 bits overflow when codes have 8 bits, so the highest bit goes apart:
// 2 * 127 * 127 and 2 * 127 fit.
struct Dot {
  static constexpr int a8_tokens = 2;

  static __m256i add(__m256i sums, __m256i weights, __m256i x) {
    const __m256i rest = _mm256_and_si256(weights, _mm256_set1_epi8(127));
    const __m256i top = _mm256_and_si256(_mm256_srli_epi16(weights, 7), _mm256_set1_epi8(1));
    const __m256i a = _mm256_maddubs_epi16(rest, x), b = _mm256_maddubs_epi16(top, x);
    return _mm256_add_epi32(sums, _mm256_add_epi32(_mm256_madd_epi16(a, _mm256_set1_epi16(1)),
                                                   _mm256_madd_epi16(b, _mm256_set1_epi16(128))));
  }
};

}  // namespace

const Kernels kernels = make_kernels<Lanes<Dot>>("avx2");

}  // namespace nybble::cpu::avx2
