#include "cpu/scalar_kernels.h"

#include <bit>
#include <cmath>

#include "base/half.h"
#include "cpu/lane_kernels.h"

namespace nybble::cpu::scalar {
namespace {

struct Lanes {
  static constexpr int tile_tokens = 4, max_sums = 8;
  float v[lanes];

  template <class Function>
  static Lanes make(Function lane) {
    Lanes result;
    for (int i = 0; i < lanes; ++i) result.v[i] = lane(i);
    return result;
  }

  static Lanes load(const float* p) {
    return make([&](int i) { return p[i]; });
  }
  static Lanes load_f16(const uint16_t* p) {
    return make([&](int i) { return to_float(Half{p[i]}); });
  }
  static Lanes load_bf16(const uint16_t* p) {
    return make([&](int i) { return to_float(Bf16{p[i]}); });
  }
  void store(float* p) const {
    for (int i = 0; i < lanes; ++i) p[i] = v[i];
  }
  static Lanes set(float x) {
    return make([&](int) { return x; });
  }
  static Lanes fma(const Lanes& a, const Lanes& b, const Lanes& c) {
    return make([&](int i) { return std::fma(a.v[i], b.v[i], c.v[i]); });
  }
  static Lanes add(const Lanes& a, const Lanes& b) {
    return make([&](int i) { return a.v[i] + b.v[i]; });
  }
  static Lanes sub(const Lanes& a, const Lanes& b) {
    return make([&](int i) { return a.v[i] - b.v[i]; });
  }
  static Lanes mul(const Lanes& a, const Lanes& b) {
    return make([&](int i) { return a.v[i] * b.v[i]; });
  }
  static Lanes div(const Lanes& a, const Lanes& b) {
    return make([&](int i) { return a.v[i] / b.v[i]; });
  }
  static Lanes max(const Lanes& a, const Lanes& b) {
    return make([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
  }
  static Lanes select_less(const Lanes& a, const Lanes& b, const Lanes& x, const Lanes& y) {
    return make([&](int i) { return a.v[i] < b.v[i] ? x.v[i] : y.v[i]; });
  }
  static Lanes power_of_two(const Lanes& n) {
    return make([&](int i) {
      // The conversion of a NaN is undefined in C++; the vector instructions give this.
      const std::int32_t exponent =
          std::isnan(n.v[i]) ? INT32_MIN : static_cast<std::int32_t>(n.v[i]);
      return std::bit_cast<float>((static_cast<std::uint32_t>(exponent) + 127u) << 23);
    });
  }
};

}  // namespace

const Kernels kernels = make_kernels<Lanes>("scalar");

}  // namespace nybble::cpu::scalar
