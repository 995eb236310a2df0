#include "cpu/scalar_kernels.h"

#include <bit>
#include <cmath>

#include "base/half.h"
#include "cpu/lane_kernels.h"

namespace nybble::cpu::scalar {
namespace {

struct Bytes {
  std::uint8_t v[64];

  template <class Function>
  static Bytes make(Function byte) {
    Bytes result;
    for (int i = 0; i < 64; ++i) result.v[i] = static_cast<std::uint8_t>(byte(i));
    return result;
  }
  static Bytes load(const std::uint8_t* p) {
    return make([&](int i) { return p[i]; });
  }
  static Bytes repeat16(const std::uint8_t* p) {
    return make([&](int i) { return p[i % 16]; });
  }
  static Bytes set(int x) {
    return make([&](int) { return x; });
  }
  static Bytes add(const Bytes& a, const Bytes& b) {
    return make([&](int i) { return a.v[i] + b.v[i]; });
  }
  void store(std::uint8_t* p) const {
    for (int i = 0; i < 64; ++i) p[i] = v[i];
  }
  Bytes bits(int shift, int mask) const {
    return make([&](int i) { return v[i] >> shift & mask; });
  }
  Bytes joined(const Bytes& high, int shift) const {
    return make([&](int i) { return v[i] | high.v[i] << shift; });
  }
  // As the table of 16 that repeats: its entries for these codes.
  Bytes at(const Bytes& codes) const {
    return make([&](int i) { return v[codes.v[i]]; });
  }
};

// 16 pairs of integers of 16 bits.
struct Shorts {
  std::int16_t v[2 * lanes];

  static Shorts load_int8(const std::int8_t* p) {
    Shorts shorts;
    for (int i = 0; i < 2 * lanes; ++i) shorts.v[i] = p[i];
    return shorts;
  }
};

struct Lanes {
  static constexpr int tile_tokens = 4, max_sums = 8, a8_tokens = 1, in_place_tokens = 1,
                       taken_off = 0, pair_limit = 0, prompt_tokens = a8_tokens;
  using Bytes = scalar::Bytes;
  using Shorts = scalar::Shorts;
  struct Sums {
    std::int32_t v[lanes];

    static Sums set(std::int32_t x) {
      Sums sums;
      for (std::int32_t& sum : sums.v) sum = x;
      return sums;
    }
    static Sums load(const std::int32_t* p) {
      Sums sums;
      for (int i = 0; i < lanes; ++i) sums.v[i] = p[i];
      return sums;
    }
    // To even.
    static Sums rounded(const Lanes& x) {
      Sums sums;
      for (int i = 0; i < lanes; ++i) sums.v[i] = static_cast<std::int32_t>(std::nearbyint(x.v[i]));
      return sums;
    }
    void add_dot(const Bytes& weights, const std::uint8_t* four) {
      for (int i = 0; i < 64; ++i) v[i / 4] += weights.v[i] * static_cast<std::int8_t>(four[i % 4]);
    }
    // The products of two integers each.
    void add_dot(const Shorts& weights, std::int32_t two) {
      const std::int32_t low = static_cast<std::int16_t>(two), high = two >> 16;
      for (int i = 0; i < lanes; ++i) v[i] += weights.v[2 * i] * low + weights.v[2 * i + 1] * high;
    }
    Lanes floats() const {
      return make([&](int i) { return static_cast<float>(v[i]); });
    }
    void store_int8(std::int8_t* p) const {
      for (int i = 0; i < lanes; ++i) p[i] = static_cast<std::int8_t>(v[i]);
    }
    // Lane i of a as the lower half of p[i], lane 8 + i of b as the upper one, i < 8.
    static void store_joined(const Sums& a, const Sums& b, std::int32_t* p) {
      for (int i = 0; i < lanes / 2; ++i) {
        const auto low = static_cast<std::uint16_t>(a.v[i]);
        p[i] =
            static_cast<std::int32_t>(static_cast<std::uint32_t>(b.v[lanes / 2 + i]) << 16 | low);
      }
    }
    void store(std::int32_t* p) const {
      for (int i = 0; i < lanes; ++i) p[i] = v[i];
    }
    // Lane i: that of the lanes of sums[i].
    static Sums totals(const Sums (&sums)[lanes]) {
      std::int32_t all[lanes];
      for (int i = 0; i < lanes; ++i) all[i] = sums[i].total();
      return load(all);
    }
    std::int32_t total() const {
      std::int32_t sum = 0;
      for (const std::int32_t part : v) sum += part;
      return sum;
    }
  };
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
  static Lanes load_int8(const std::int8_t* p) {
    return make([&](int i) { return static_cast<float>(p[i]); });
  }
  // Lane i: the highest magnitude of the lanes of values[i].
  static Lanes highest_magnitudes(const Lanes (&values)[lanes]) {
    float all[lanes];
    for (int i = 0; i < lanes; ++i) all[i] = values[i].magnitude().highest();
    return load(all);
  }
  Lanes magnitude() const {
    return make([&](int i) { return std::fabs(v[i]); });
  }
  float highest() const {
    float top = 0;
    for (const float x : v) top = x > top ? x : top;
    return top;
  }
  Lanes halves_swapped() const {
    return make([&](int i) { return v[(i + lanes / 2) % lanes]; });
  }
  // floor(log2(x)) for x that are normal and above 0.
  Lanes exponent() const {
    return make([&](int i) { return static_cast<float>(std::ilogb(v[i])); });
  }
  // x 2^n for integral n in [-126, 127].
  static Lanes scaled(const Lanes& x, float n) { return mul(x, power_of_two(set(n))); }
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
