// The kernels with NEON and its instruction for products of signed bytes.
#include "cpu/neondotprod/kernels_neondotprod.h"

#include "cpu/lane_kernels.h"
#include "cpu/neon/lanes_neon.h"

namespace nybble::cpu::neondotprod {
namespace {

struct Dot {
  static constexpr int taken_off = 128;  // codes of [0, 255] become signed bytes

  static int32x4_t add(int32x4_t sums, uint8x16_t weights, int8x16_t x) {
    return vdotq_s32(sums, vreinterpretq_s8_u8(veorq_u8(weights, vdupq_n_u8(taken_off))), x);
  }
};

}  // namespace

const Kernels kernels = make_kernels<neon::Lanes<Dot>>("neondotprod");

}  // namespace nybble::cpu::neondotprod
