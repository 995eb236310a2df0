// Every ISA level against the scalar kernels, bit for bit.
#include "cpu/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/half.h"
#include "cpu/scalar_kernels.h"
#include "tested_levels.h"

namespace nybble::cpu {
namespace {

const Kernels& scalar_level = scalar::kernels;

}  // namespace

class isa_level : public testing::TestWithParam<const Kernels*> {
 protected:
  std::mt19937 random_{3};
};

TEST_P(isa_level, multiplies_like_the_scalar_level) {
  constexpr std::int64_t k = 75, ldx = 80;
  const std::vector<float> panel = random_floats(k * panel_rows, random_),
                           x = random_floats(30 * ldx, random_);
  std::vector<std::uint16_t> f16(panel.size()), bf16(panel.size());
  for (std::size_t i = 0; i < panel.size(); ++i) {
    f16[i] = to_half(panel[i]).bits;
    bf16[i] = to_bf16(panel[i]).bits;
  }
  const std::vector<std::uint8_t> bytes = random_bytes(panel.size(), random_);
  for (std::int64_t tokens = 1; tokens <= 30; ++tokens) {
    const std::vector<float> start =
        random_floats(static_cast<std::size_t>(tokens * panel_rows), random_);
    const auto check = [&](Multiply found, Multiply expected, const void* weights,
                           const char* type) {
      std::vector<float> a = start, b = start;
      found(weights, k, x.data(), ldx, tokens, a.data());
      expected(weights, k, x.data(), ldx, tokens, b.data());
      EXPECT_TRUE(same_bits(a, b)) << type << ", " << tokens << " tokens";
    };
    check(GetParam()->multiply_f32, scalar_level.multiply_f32, panel.data(), "F32");
    check(GetParam()->multiply_f16, scalar_level.multiply_f16, f16.data(), "F16");
    check(GetParam()->multiply_int8, scalar_level.multiply_int8, bytes.data(), "int8");
    check(GetParam()->multiply_bf16, scalar_level.multiply_bf16, bf16.data(), "BF16");
  }
}

TEST_P(isa_level, widens_every_finite_small_float) {
  const float one = 1;
  for (std::uint32_t first = 0; first < 0x10000; first += panel_rows) {
    std::vector<std::uint16_t> bits(panel_rows);
    std::vector<float> f16(panel_rows), bf16(panel_rows), expected_f16(panel_rows),
        expected_bf16(panel_rows);
    for (std::uint32_t i = 0; i < panel_rows; ++i) {
      bits[i] = static_cast<std::uint16_t>(first + i);
      if (!std::isfinite(to_float(Half{bits[i]})) || !std::isfinite(to_float(Bf16{bits[i]})))
        bits[i] = 0;
      expected_f16[i] = to_float(Half{bits[i]}) + 0.0f;
      expected_bf16[i] = to_float(Bf16{bits[i]}) + 0.0f;
    }
    GetParam()->multiply_f16(bits.data(), 1, &one, 1, 1, f16.data());
    GetParam()->multiply_bf16(bits.data(), 1, &one, 1, 1, bf16.data());
    ASSERT_TRUE(same_bits(f16, expected_f16)) << first;
    ASSERT_TRUE(same_bits(bf16, expected_bf16)) << first;
  }
}

TEST_P(isa_level, takes_exponentials_like_the_scalar_level) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> x{0.0f,   -0.0f,   1.0f,        -87.33654f,  -87.33655f, -88,
                       -104,   88.37f,  88.38f,      89,          infinity,   -infinity,
                       1e-40f, -1e-40f, 0.34657359f, -0.34657359f};
  x.resize(3 * lanes, 0.5f);
  for (int round = 0; round < 2000; ++round) {
    std::vector<float> expected = x;
    GetParam()->exponentials(x.data(), std::ssize(x));
    scalar_level.exponentials(expected.data(), std::ssize(expected));
    ASSERT_TRUE(same_bits(x, expected));
    for (float& value : x) value = std::uniform_real_distribution<float>(-110, 100)(random_);
  }
}

TEST_P(isa_level, takes_softmax_like_the_scalar_level) {
  for (int first = 0; first < chunk_keys; first += 5) {
    for (int last = first + 1; last <= chunk_keys; ++last) {
      std::vector<float> found = random_floats(chunk_keys, random_), expected = found;
      std::vector<float> results(2), expected_results(2);  // sum, maximum
      results[0] = GetParam()->softmax_chunk(found.data(), first, last, 0.125f, &results[1]);
      expected_results[0] =
          scalar_level.softmax_chunk(expected.data(), first, last, 0.125f, &expected_results[1]);
      ASSERT_TRUE(same_bits(found, expected) && same_bits(results, expected_results))
          << first << " to " << last;
    }
  }
}

TEST_P(isa_level, takes_silu_like_the_scalar_level) {
  const std::vector<float> gate = random_floats(4096, random_), up = random_floats(4096, random_);
  std::vector<float> found(4096), expected(4096);
  GetParam()->silu_multiply(gate.data(), up.data(), 4096, found.data());
  scalar_level.silu_multiply(gate.data(), up.data(), 4096, expected.data());
  EXPECT_TRUE(same_bits(found, expected));
}

TEST_P(isa_level, merges_panels_like_the_scalar_level) {
  for (const float piece : {0.0f, 1.0f, 0.37f, 1e-30f}) {
    const std::vector<float> products = random_floats(panel_rows, random_);
    std::vector<float> found = random_floats(panel_rows, random_), expected = found;
    GetParam()->merge_panel(found.data(), 1.3f, products.data(), piece);
    scalar_level.merge_panel(expected.data(), 1.3f, products.data(), piece);
    EXPECT_TRUE(same_bits(found, expected)) << piece;
  }
}

TEST_P(isa_level, adds_scaled_panels_like_the_scalar_level) {
  const std::vector<float> products = random_floats(3 * panel_rows, random_),
                           scales = random_floats(panel_rows, random_);
  std::vector<float> found = random_floats(3 * panel_rows, random_), expected = found;
  GetParam()->add_scaled(products.data(), scales.data(), 3, found.data());
  scalar_level.add_scaled(products.data(), scales.data(), 3, expected.data());
  EXPECT_TRUE(same_bits(found, expected));
}

INSTANTIATE_TEST_SUITE_P(tested, isa_level, testing::ValuesIn(tested_levels()), name_of);

}  // namespace nybble::cpu
