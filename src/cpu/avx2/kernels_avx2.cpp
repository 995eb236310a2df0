// The kernels with AVX2 without VNNI.
#include "cpu/avx2/kernels_avx2.h"

#include "cpu/avx2/lanes_avx2.h"
#include "cpu/lane_kernels.h"

namespace nybble::cpu::avx2 {
namespace {

// Two products of bytes overflow 16 bits when one of them has no sign and 8 bits. Less 128 codes
// give it to the activations: 2 * 128 * 127 fits.
struct Dot {
  static constexpr int a8_tokens = 4, in_place_tokens = any_number;
  static constexpr int taken_off = 128, pair_limit = 32767;

  static __m256i add(__m256i sums, __m256i weights, __m256i x) {
    const __m256i less = _mm256_xor_si256(weights, _mm256_set1_epi8(static_cast<char>(taken_off)));
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(less), _mm256_sign_epi8(x, less));
    return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  static __m256i add_shorts(__m256i sums, __m256i weights, __m256i x) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(weights, x));
  }
};

}  // namespace

const Kernels kernels = make_kernels<Lanes<Dot>>("avx2");

}  // namespace nybble::cpu::avx2
