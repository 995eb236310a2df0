// 16 lanes in four NEON registers. Included by units with ISA flags: no standard library here.
#pragma once

#include <arm_neon.h>
#include <stdint.h>

namespace nybble::cpu::neon {
namespace {

// 64 bytes.
struct Bytes {
  uint8x16_t v[4];

  template <class Function>
  static Bytes make(Function part) {
    return {{part(0), part(1), part(2), part(3)}};
  }
  static Bytes load(const uint8_t* p) {
    return make([&](int i) { return vld1q_u8(p + 16 * i); });
  }
  static Bytes repeat16(const uint8_t* p) {
    return make([&](int) { return vld1q_u8(p); });
  }
  static Bytes set(int x) {
    return make([&](int) { return vdupq_n_u8(static_cast<uint8_t>(x)); });
  }
  static Bytes add(const Bytes& a, const Bytes& b) {
    return make([&](int i) { return vaddq_u8(a.v[i], b.v[i]); });
  }
  void store(uint8_t* p) const {
    for (int i = 0; i < 4; ++i) vst1q_u8(p + 16 * i, v[i]);
  }
  Bytes bits(int shift, int mask) const {
    const int8x16_t right = vdupq_n_s8(static_cast<int8_t>(-shift));
    const uint8x16_t kept = vdupq_n_u8(static_cast<uint8_t>(mask));
    return make([&](int i) { return vandq_u8(vshlq_u8(v[i], right), kept); });
  }
  Bytes joined(const Bytes& high, int shift) const {
    const int8x16_t left = vdupq_n_s8(static_cast<int8_t>(shift));
    return make([&](int i) { return vorrq_u8(v[i], vshlq_u8(high.v[i], left)); });
  }
  // As the table of 16 that repeats: its entries for these codes.
  Bytes at(const Bytes& codes) const {
    return make([&](int i) { return vqtbl1q_u8(v[i], codes.v[i]); });
  }
};

// 16 pairs of integers of 16 bits.
struct Shorts {
  int16x8_t v[4];

  static Shorts load_int8(const int8_t* p) {
    const int8x16_t low = vld1q_s8(p), high = vld1q_s8(p + 16);
    return {{vmovl_s8(vget_low_s8(low)), vmovl_high_s8(low), vmovl_s8(vget_low_s8(high)),
             vmovl_high_s8(high)}};
  }
};

// Dot adds the products of four codes, unsigned bytes, with four signed bytes to each sum.
template <class Dot>
struct Lanes {
  static constexpr int tile_tokens = 6, max_sums = 6;  // a sum takes four of 32 registers
  static constexpr int a8_tokens = 6, in_place_tokens = a8_tokens, pair_limit = 0,
                       prompt_tokens = a8_tokens;
  static constexpr int taken_off = Dot::taken_off;  // of codes, by Dot
  using Bytes = neon::Bytes;
  using Shorts = neon::Shorts;
  // 16 integers.
  struct Sums {
    int32x4_t v[4];

    static Sums set(int32_t x) {
      const int32x4_t sum = vdupq_n_s32(x);
      return {{sum, sum, sum, sum}};
    }
    static Sums load(const int32_t* p) {
      return {{vld1q_s32(p), vld1q_s32(p + 4), vld1q_s32(p + 8), vld1q_s32(p + 12)}};
    }
    // To even.
    static Sums rounded(const Lanes& x) {
      Sums sums;
      for (int i = 0; i < 4; ++i) sums.v[i] = vcvtnq_s32_f32(x.v[i]);
      return sums;
    }
    Lanes floats() const {
      return make([&](int i) { return vcvtq_f32_s32(v[i]); });
    }
    void add_dot(const Bytes& weights, const uint8_t* four) {
      int32_t bytes;
      __builtin_memcpy(&bytes, four, 4);
      const int8x16_t x = vreinterpretq_s8_s32(vdupq_n_s32(bytes));
      for (int i = 0; i < 4; ++i) v[i] = Dot::add(v[i], weights.v[i], x);
    }
    // The products of two integers each.
    void add_dot(const Shorts& weights, int32_t two) {
      const int16x8_t x = vreinterpretq_s16_s32(vdupq_n_s32(two));
      for (int i = 0; i < 4; ++i) {
        v[i] = vaddq_s32(v[i], vpaddq_s32(vmull_s16(vget_low_s16(weights.v[i]), vget_low_s16(x)),
                                          vmull_high_s16(weights.v[i], x)));
      }
    }
    void store_int8(int8_t* p) const {
      const int16x8_t low = vcombine_s16(vmovn_s32(v[0]), vmovn_s32(v[1]));
      const int16x8_t high = vcombine_s16(vmovn_s32(v[2]), vmovn_s32(v[3]));
      vst1q_s8(p, vcombine_s8(vmovn_s16(low), vmovn_s16(high)));
    }
    // Lane i of a as the lower half of p[i], lane 8 + i of b as the upper one, i < 8.
    static void store_joined(const Sums& a, const Sums& b, int32_t* p) {
      for (int i = 0; i < 2; ++i) vst1q_s32(p + 4 * i, vsliq_n_s32(a.v[i], b.v[2 + i], 16));
    }
    void store(int32_t* p) const {
      for (int i = 0; i < 4; ++i) vst1q_s32(p + 4 * i, v[i]);
    }
    // Lane i: that of the lanes of sums[i].
    static Sums totals(const Sums (&sums)[lanes]) {
      int32_t all[lanes];
      for (int i = 0; i < lanes; ++i) all[i] = sums[i].total();
      return load(all);
    }
    int32_t total() const {
      return vaddvq_s32(vaddq_s32(vaddq_s32(v[0], v[1]), vaddq_s32(v[2], v[3])));
    }
  };
  float32x4_t v[4];

  template <class Function>
  static Lanes make(Function part) {
    return {{part(0), part(1), part(2), part(3)}};
  }

  static Lanes load(const float* p) {
    return make([&](int i) { return vld1q_f32(p + 4 * i); });
  }
  static Lanes load_f16(const uint16_t* p) {
    return make([&](int i) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + 4 * i))); });
  }
  static Lanes load_bf16(const uint16_t* p) {
    return make([&](int i) { return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p + 4 * i), 16)); });
  }
  static Lanes load_int8(const int8_t* p) {
    const int8x16_t bytes = vld1q_s8(p);
    const int16x8_t low = vmovl_s8(vget_low_s8(bytes)), high = vmovl_s8(vget_high_s8(bytes));
    return {{vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))),
             vcvtq_f32_s32(vmovl_s16(vget_high_s16(low))),
             vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))),
             vcvtq_f32_s32(vmovl_s16(vget_high_s16(high)))}};
  }
  void store(float* p) const {
    for (int i = 0; i < 4; ++i) vst1q_f32(p + 4 * i, v[i]);
  }
  static Lanes set(float x) {
    return make([&](int) { return vdupq_n_f32(x); });
  }
  static Lanes fma(const Lanes& a, const Lanes& b, const Lanes& c) {
    return make([&](int i) { return vfmaq_f32(c.v[i], a.v[i], b.v[i]); });
  }
  static Lanes add(const Lanes& a, const Lanes& b) {
    return make([&](int i) { return vaddq_f32(a.v[i], b.v[i]); });
  }
  static Lanes sub(const Lanes& a, const Lanes& b) {
    return make([&](int i) { return vsubq_f32(a.v[i], b.v[i]); });
  }
  static Lanes mul(const Lanes& a, const Lanes& b) {
    return make([&](int i) { return vmulq_f32(a.v[i], b.v[i]); });
  }
  static Lanes div(const Lanes& a, const Lanes& b) {
    return make([&](int i) { return vdivq_f32(a.v[i], b.v[i]); });
  }
  // a > b ? a : b; fmax would differ for zeros of both signs and for what is not a number.
  static Lanes max(const Lanes& a, const Lanes& b) {
    return make([&](int i) { return vbslq_f32(vcgtq_f32(a.v[i], b.v[i]), a.v[i], b.v[i]); });
  }
  // a < b ? x : y
  static Lanes select_less(const Lanes& a, const Lanes& b, const Lanes& x, const Lanes& y) {
    return make([&](int i) { return vbslq_f32(vcltq_f32(a.v[i], b.v[i]), x.v[i], y.v[i]); });
  }
  // Lane i: the highest magnitude of the lanes of values[i].
  static Lanes highest_magnitudes(const Lanes (&values)[lanes]) {
    float all[lanes];
    for (int i = 0; i < lanes; ++i) all[i] = values[i].magnitude().highest();
    return load(all);
  }
  Lanes magnitude() const {
    return make([&](int i) { return vabsq_f32(v[i]); });
  }
  Lanes halves_swapped() const { return {{v[2], v[3], v[0], v[1]}}; }
  float highest() const {
    return vmaxvq_f32(vmaxq_f32(vmaxq_f32(v[0], v[1]), vmaxq_f32(v[2], v[3])));
  }
  // floor(log2(x)) for x that are normal and above 0.
  Lanes exponent() const {
    return make([&](int i) {
      const uint32x4_t exponent = vshrq_n_u32(vreinterpretq_u32_f32(v[i]), 23);
      return vcvtq_f32_s32(vsubq_s32(vreinterpretq_s32_u32(exponent), vdupq_n_s32(127)));
    });
  }
  // x 2^n for integral n in [-126, 127].
  static Lanes scaled(const Lanes& x, float n) { return mul(x, power_of_two(set(n))); }
  // 2^n for integral n in [-126, 127].
  static Lanes power_of_two(const Lanes& n) {
    return make([&](int i) {
      const int32x4_t exponent = vaddq_s32(vcvtq_s32_f32(n.v[i]), vdupq_n_s32(127));
      return vreinterpretq_f32_s32(vshlq_n_s32(exponent, 23));
    });
  }
};

}  // namespace
}  // namespace nybble::cpu::neon
