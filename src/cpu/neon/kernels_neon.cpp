// The kernels with what every 64-bit Arm CPU has.
#include "cpu/neon/kernels_neon.h"

#include "cpu/lane_kernels.h"
#include "cpu/neon/lanes_neon.h"

namespace nybble::cpu::neon {
namespace {

struct Dot {
  // Codes of [0, 255] become signed bytes; two products then fit 16 bits: 2 * 128 * 127.
  static constexpr int taken_off = 128;

  static int32x4_t add(int32x4_t sums, uint8x16_t weights, int8x16_t x) {
    const int8x16_t w = vreinterpretq_s8_u8(veorq_u8(weights, vdupq_n_u8(taken_off)));
    const int16x8_t low = vmull_s8(vget_low_s8(w), vget_low_s8(x));
    return vpadalq_s16(sums, vpaddq_s16(low, vmull_high_s8(w, x)));
  }
};

}  // namespace

const Kernels kernels = make_kernels<Lanes<Dot>>("neon");

}  // namespace nybble::cpu::neon
