// The kernels with AVX-512 and its instruction for products of bytes.
#include "cpu/avx512vnni/kernels_avx512vnni.h"

#include "cpu/avx512/lanes_avx512.h"
#include "cpu/lane_kernels.h"

namespace nybble::cpu::avx512vnni {
namespace {

struct Dot {
  static constexpr int prompt_tokens = 6;

  static __m512i add(__m512i sums, __m512i weights, __m512i x) {
    return _mm512_dpbusd_epi32(sums, weights, x);
  }
  static __m512i add_shorts(__m512i sums, __m512i weights, __m512i x) {
    return _mm512_dpwssd_epi32(sums, weights, x);
  }
};

}  // namespace

const Kernels kernels = make_kernels<avx512::Lanes<Dot>>("avx512vnni");

}  // namespace nybble::cpu::avx512vnni
