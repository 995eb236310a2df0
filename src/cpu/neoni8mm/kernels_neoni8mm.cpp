// The kernels with NEON and its instruction for products of unsigned with signed bytes.
#include "cpu/neoni8mm/kernels_neoni8mm.h"

#include "cpu/lane_kernels.h"
#include "cpu/neon/lanes_neon.h"

namespace nybble::cpu::neoni8mm {
namespace {

// The products of 2 x 8 by 8 x 2 bytes of the same extension would do twice as many, but want eight
// columns of two tokens side by side: another layout of activations and another loop.
struct Dot {
  static constexpr int taken_off = 0;

  static int32x4_t add(int32x4_t sums, uint8x16_t weights, int8x16_t x) {
    return vusdotq_s32(sums, weights, x);
  }
};

}  // namespace

const Kernels kernels = make_kernels<neon::Lanes<Dot>>("neoni8mm");

}  // namespace nybble::cpu::neoni8mm
