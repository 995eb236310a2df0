// The kernels with AVX2 and the instruction for products of bytes of CPUs without AVX-512. The
// intrinsic also has an encoding of AVX-512: tests/kernels compiles this file to that.
#include "cpu/avxvnni/kernels_avxvnni.h"

#include "cpu/avx2/lanes_avx2.h"
#include "cpu/lane_kernels.h"

namespace nybble::cpu::avxvnni {
namespace {

struct Dot {
  // 12 of 16 registers hold sums, two codes and one activations; each product waits for the one
  // before it in its sum for five cycles, in which two can start each.
  static constexpr int a8_tokens = 6, in_place_tokens = a8_tokens, taken_off = 0, pair_limit = 0;

  static __m256i add(__m256i sums, __m256i weights, __m256i x) {
    return _mm256_dpbusd_epi32(sums, weights, x);
  }
  static __m256i add_shorts(__m256i sums, __m256i weights, __m256i x) {
    return _mm256_dpwssd_epi32(sums, weights, x);
  }
};

}  // namespace

const Kernels kernels = make_kernels<avx2::Lanes<Dot>>("avxvnni");

}  // namespace nybble::cpu::avxvnni
