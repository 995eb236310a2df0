// What holds for the plain scales of every format that has them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "formats/encoder_inputs.h"
#include "formats/typed_test_lists.h"

namespace nybble::formats {
namespace {

using Plain = Selected<[]<class F>() { return PlainlyEncodable<F> && (F::block_len != 1); }>;

template <class F>
std::vector<float> plainly_through(const std::vector<float>& x) {
  std::vector<float> y(F::block_len);
  F::decode(F::encode(x.data(), nullptr, Scales::plain), y.data());
  return y;
}

struct Range {
  double low = 0, high = 0;
  double magnitude() const { return std::max(-low, high); }
};

// Of `len` values from `first` on, and 0.
Range range_of(const std::vector<float>& x, int first, int len) {
  const auto [low, high] = std::minmax_element(x.data() + first, x.data() + first + len);
  return {std::min<double>(*low, 0), std::max<double>(*high, 0)};
}

template <class F>
Range group_range(const std::vector<float>& x, int g) {
  return range_of(x, g * F::group_len, F::group_len);
}

template <class F>
constexpr bool has_sub_scales = F::group_len != F::block_len;

// The step over a range as the definition has it. One signed scale sends the farthest value to the
// lowest code, since there is one more below 0; sub-scales have it fit on both sides.
template <class F>
double step_over(Range range) {
  const CodeRange codes = code_range<F>();
  if (codes.least < 0) return range.magnitude() / codes.most;
  if (F::zero == 0) return (range.high - range.low) / codes.most;
  return range.magnitude() / (has_sub_scales<F> ? codes.most - F::zero : F::zero);
}

// What any value of group g may lose: half a step, plus one where the side away from the farthest
// value has a code less, plus what rounding the scales moves the ends of the grid. Halves are off
// by 2^-11 of themselves or by 2^-25; sub-scales and -offsets by half of one.
template <class F>
double bound(const std::vector<float>& x, int g) {
  constexpr int n_groups = F::block_len / F::group_len;
  const CodeRange codes = code_range<F>();
  const double largest = range_of(x, 0, F::block_len).magnitude();
  if (codes.most == 1) return (1 + 0x1p-11) * largest;  // signs times a mean
  const double n_steps = codes.most - std::min(codes.least, 0), max_sub = double{largest_sub<F>()};
  const double halves = 2 * largest * scale_error<F>() + n_steps * max_sub * 0x1p-25;
  if constexpr (requires { F::with_zero_point; }) {
    // The zero point moves the ends by half a step at most, where values clip.
    const Range range = group_range<F>(x, g);
    if (F::with_zero_point) return (range.high - range.low) / codes.most + halves;
  }
  const bool lopsided = F::zero > codes.most - F::zero && !has_sub_scales<F>;
  const double own = (lopsided ? 1.0 : 0.5) * step_over<F>(group_range<F>(x, g));
  if (!has_sub_scales<F>) return own + halves;
  double largest_step = 0, largest_offset = 0;
  for (int k = 0; k < n_groups; ++k) {
    const Range range = group_range<F>(x, k);
    largest_step = std::max(largest_step, step_over<F>(range));
    if (F::zero == 0) largest_offset = std::max(largest_offset, -range.low);
  }
  return own + (n_steps * largest_step + largest_offset) / max_sub / 2 + halves;
}

// The farthest value lands on -127; on the other side 113 is the end, and no gap is wider than 23.
constexpr double iq4_loss = 14.0 / 127;

template <>
double bound<IQ4_NL>(const std::vector<float>& x, int g) {
  return (iq4_loss + 0x1p-11) * group_range<IQ4_NL>(x, g).magnitude();
}

// A scale is off by half a sub-scale, of which the largest group has 31.
template <>
double bound<IQ4_XS>(const std::vector<float>& x, int g) {
  const double largest = range_of(x, 0, 256).magnitude();
  return iq4_loss * group_range<IQ4_XS>(x, g).magnitude() + (0.5 / 31 + 0x1p-10) * largest +
         31 * 127 * 0x1p-25;
}

// The largest magnitude is 4 ... 8 units, of which 6 can be written.
template <>
double bound<MXFP4>(const std::vector<float>& x, int g) {
  const double largest = group_range<MXFP4>(x, g).magnitude();
  return largest == 0 ? 0 : 2 * std::ldexp(1.0, std::ilogb(largest) - 2);
}

// The widest gap is from 4 to 6. The scale is rounded up: by an eighth, below 2^-6 by 2^-9.
template <>
double bound<NVFP4>(const std::vector<float>& x, int g) {
  return 1.125 / 6 * group_range<NVFP4>(x, g).magnitude() + 0x1p-9;
}

// The widest gap is from -1 to -0.696.
template <>
double bound<NF4>(const std::vector<float>& x, int g) {
  return 0.1520 * group_range<NF4>(x, g).magnitude();
}

// The widest gap is from 8/12 to 12/12.
template <>
double bound<FP4>(const std::vector<float>& x, int g) {
  return (1.0 / 6 + 0x1p-24) * group_range<FP4>(x, g).magnitude();
}

// Four significant bits, and multiples of 2^-9 of the scale for small values.
template <int len>
double bound_of_float8(const std::vector<float>& x) {
  return (0x1p-4 + 0x1p-10 / 448) * range_of(x, 0, len).magnitude();
}
template <>
double bound<GroupFloat8<32>>(const std::vector<float>& x, int) {
  return bound_of_float8<32>(x);
}
template <>
double bound<GroupFloat8<128>>(const std::vector<float>& x, int) {
  return bound_of_float8<128>(x);
}

}  // namespace

template <class F>
int group_of(int i) {
  if constexpr (requires { F::group_len; }) return i / F::group_len;
  return 0;
}

template <class F>
class EveryPlainEncoder : public ::testing::Test {};
TYPED_TEST_SUITE(EveryPlainEncoder, Plain, FormatName);

TYPED_TEST(EveryPlainEncoder, rounds_to_the_nearest_code) {
  for (const Input& input : inputs(TypeParam::block_len)) {
    const std::vector<float> y = plainly_through<TypeParam>(input.x);
    for (int i = 0; i < TypeParam::block_len; ++i) {
      const float x = input.x[static_cast<std::size_t>(i)], back = y[static_cast<std::size_t>(i)];
      const double most = bound<TypeParam>(input.x, group_of<TypeParam>(i));
      ASSERT_LE(std::fabs(double{x} - double{back}), (1 + 1e-6) * most)
          << input.name << ", value " << i << ": " << x << " became " << back;
    }
  }
}

// A thousandth more, since searches compare sums of floats. The IQ4s and Q2_0 choose a scale before
// it is rounded to a half, which moves each value by up to 2^-11 of itself.
TYPED_TEST(EveryPlainEncoder, never_beats_the_search) {
  const std::vector<float> ones(TypeParam::block_len, 1.0f);
  for (const Input& input : inputs(TypeParam::block_len)) {
    const double squares = squared_error(input.x, std::vector<float>(input.x.size()), ones);
    const double plain = squared_error(input.x, plainly_through<TypeParam>(input.x), ones);
    const double searched = squared_error(input.x, through<TypeParam>(input.x, ones.data()), ones);

    EXPECT_LE(searched, 1.001 * plain + 0x1p-22 * squares) << input.name;
  }
}

TYPED_TEST(EveryPlainEncoder, stays_finite) {
  for (const float unit : {0x1p-149f, 1e-38f, 1e-7f, 1.0f, 1e4f, 3e38f}) {
    for (const Input& input : inputs(TypeParam::block_len)) {
      std::vector<float> x = input.x;
      const auto largest = static_cast<float>(range_of(x, 0, TypeParam::block_len).magnitude());
      for (float& value : x) value = largest == 0 ? value : value / largest * unit;
      for (float y : plainly_through<TypeParam>(x)) {
        ASSERT_TRUE(std::isfinite(y)) << input.name << " up to " << unit;
      }
    }
  }
}

TYPED_TEST(EveryPlainEncoder, keeps_zero) {
  for (float y : plainly_through<TypeParam>(std::vector<float>(TypeParam::block_len))) {
    EXPECT_EQ(y, 0);
  }
}

}  // namespace nybble::formats
