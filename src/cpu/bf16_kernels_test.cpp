// Products of bfloat16 against the same in double.
#include "cpu/bf16_kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "cpu/choose_kernels.h"

namespace nybble::cpu {
namespace {

// To the nearest, ties to the even.
double rounded(float value) {
  auto bits = std::bit_cast<std::uint32_t>(value);
  bits += 0x7fff + (bits >> 16 & 1);
  return std::bit_cast<float>(bits & 0xffff0000u);
}

// `vectors` of k floats, along k or side by side.
struct Operand {
  int vectors;
  std::int64_t k;
  bool is_along_k;
  std::vector<float> values;

  Operand(int n, std::int64_t length, bool along, unsigned seed)
      : vectors(n), k(length), is_along_k(along), values(static_cast<std::size_t>(n * length)) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (float& value : values) value = normal(random);
  }
  Bf16Source panel(int first) const {
    const std::int64_t vector_stride = is_along_k ? k : 1, k_stride = is_along_k ? 1 : vectors;
    return {values.data() + first * vector_stride, vector_stride, k_stride,
            std::min(bf16_panel, vectors - first), k};
  }
  double at(int vector, std::int64_t i) const {
    const std::int64_t place = is_along_k ? vector * k + i : i * vectors + vector;
    return rounded(values[static_cast<std::size_t>(place)]);
  }
  int panels() const { return (vectors + bf16_panel - 1) / bf16_panel; }
  std::int64_t steps() const { return (k + bf16_step - 1) / bf16_step; }
  std::vector<std::uint16_t> packed(const Bf16Kernels& kernels, Bf16Side side) const {
    const auto size = static_cast<std::size_t>(steps() * bf16_step_values);
    std::vector<std::uint16_t> panel_values(size * static_cast<std::size_t>(panels()), 0x7fc0);
    for (int p = 0; p < panels(); ++p)
      kernels.pack(panel(p * bf16_panel), side,
                   panel_values.data() + static_cast<std::size_t>(p) * size);
    return panel_values;
  }
};

void check(const Bf16Kernels& kernels, const Operand& left, const Operand& right) {
  const auto a = left.packed(kernels, Bf16Side::left), b = right.packed(kernels, Bf16Side::right);
  const int cols = right.panels() * bf16_panel;
  std::vector<float> sums(static_cast<std::size_t>(left.panels() * bf16_panel * cols), NAN);
  kernels.multiply({a.data(), b.data(), left.steps(), left.panels(), right.panels(), sums.data()});
  for (int i = 0; i < left.panels() * bf16_panel; ++i) {
    for (int j = 0; j < cols; ++j) {
      const float sum = sums[static_cast<std::size_t>(i * cols + j)];
      if (i >= left.vectors || j >= right.vectors) {
        EXPECT_EQ(sum, 0) << kernels.name << ' ' << i << ' ' << j;
        continue;
      }
      double exact = 0, magnitude = 0;
      for (std::int64_t k = 0; k < left.k; ++k) {
        exact += left.at(i, k) * right.at(j, k);
        magnitude += std::fabs(left.at(i, k) * right.at(j, k));
      }
      // Any order of k additions, each rounded; the products themselves are exact in float32.
      const double tolerance = static_cast<double>(left.k) * 0x1p-24 * magnitude + 1e-37;
      EXPECT_NEAR(sum, exact, tolerance) << kernels.name << ' ' << i << ' ' << j;
    }
  }
}

TEST(bf16_kernels, multiply_as_doubles_do) {
  const auto runnable = runnable_bf16_kernels();
  if (runnable.empty()) GTEST_SKIP() << "this CPU has no products of bfloat16";
  for (const Bf16Kernels* kernels : runnable) {
    unsigned seed = 0;
    for (const std::int64_t k : {1, 2, 31, 32, 33, 320}) {
      for (const bool left : {true, false}) {
        for (const bool right : {true, false}) {
          const Operand a(k % 2 == 0 ? 65 : 32, k, left, ++seed),
              b(k < 32 ? 7 : 50, k, right, ++seed);
          check(*kernels, a, b);
        }
      }
    }
  }
}

TEST(bf16_kernels, round_ties_to_the_even_and_keep_what_is_not_finite) {
  const auto runnable = runnable_bf16_kernels();
  if (runnable.empty()) GTEST_SKIP() << "this CPU has no products of bfloat16";
  for (const Bf16Kernels* kernels : runnable) {
    Operand source(1, 5, true, 0);
    source.values = {1 + 0x1p-8f, 1 + 3 * 0x1p-8f, INFINITY, -INFINITY, NAN};
    const auto panel = source.packed(*kernels, Bf16Side::left);
    EXPECT_EQ(panel[0], 0x3f80);
    EXPECT_EQ(panel[1], 0x3f82);
    EXPECT_EQ(panel[2], 0x7f80);
    EXPECT_EQ(panel[3], 0xff80);
    EXPECT_EQ(panel[4] & 0x7fc0, 0x7fc0);
  }
}

}  // namespace
}  // namespace nybble::cpu
