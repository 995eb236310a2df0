// The integer kernels of every ISA level against the scalar ones, bit for bit.
#include "cpu/int8_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/half.h"
#include "cpu/scalar_kernels.h"
#include "tested_levels.h"

namespace nybble::cpu {
namespace {

constexpr int most_tokens = 14;
// Blocks of a row, multiplied as the first and then the rest.
constexpr std::int64_t n_blocks = 5, first_blocks = 3, cols = n_blocks * a8_len;
constexpr std::size_t tile_bytes = a8_len * lanes;

std::vector<float> activations(int tokens, std::mt19937& random) {
  std::vector<float> x = random_floats(static_cast<std::size_t>(tokens * cols), random);
  const auto fill = [&](int token, auto value) {
    for (std::int64_t c = 0; token < tokens && c < cols; ++c)
      x[static_cast<std::size_t>(token * cols + c)] = value(c);
  };
  // All codes the same, so that sums are the largest there are; of both signs; none; halves, which
  // go to the even; and values so small that they count as zero.
  fill(1, [](std::int64_t) { return 127.0f; });
  fill(2, [](std::int64_t) { return -127.0f; });
  fill(3, [](std::int64_t c) { return c % 2 == 0 ? 127.0f : -127.0f; });
  fill(4, [](std::int64_t c) { return c % 2 == 0 ? 0.0f : -0.0f; });
  fill(5, [](std::int64_t c) {
    return c % a8_len == 0 ? 127.0f : static_cast<float>(c % a8_len) - 16.5f;
  });
  fill(6, [](std::int64_t c) { return c < 64 ? 0x1p-101f : 1e-40f; });
  fill(7, [](std::int64_t c) { return c % 7 == 0 ? 3e38f : -1e-38f; });
  return x;
}

// All tokens in tiles of a level.
std::vector<std::uint8_t> panels(const Int8Kernels& kernels, const std::vector<float>& x,
                                 int tokens) {
  std::vector<std::uint8_t> result(static_cast<std::size_t>(tokens * n_blocks * a8_token_bytes));
  std::uint8_t* tile = result.data();
  for (int first = 0; first < tokens;) {
    const int n = a8_tile(kernels.tile_tokens, tokens - first);
    kernels.quantize(x.data() + first * cols, cols, n_blocks, n, false, tile);
    tile += n * n_blocks * a8_token_bytes;
    first += n;
  }
  return result;
}

// Random codes, the largest, zeros, and both by turns.
std::vector<std::vector<std::uint8_t>> choices_of_codes(std::size_t n, std::mt19937& random) {
  std::vector<std::uint8_t> turns(n);
  for (std::size_t i = 0; i < n; ++i) turns[i] = i % 2 == 0 ? 255 : 0;
  return {random_bytes(n, random), std::vector<std::uint8_t>(n, 255),
          std::vector<std::uint8_t>(n, 0), turns};
}

// One weight of 32 rows: codes of `code_bytes` each 32 columns of 16 rows.
struct Weight {
  std::vector<std::uint8_t> codes;
  std::vector<float> scales, offsets;
  // Instead of scales and of offsets, for kernels that take them: halves for pairs of groups.
  std::vector<std::uint16_t> outer;
  std::vector<std::uint8_t> factors;
  std::vector<float> start;
  const std::uint8_t* table = nullptr;
  std::int64_t code_bytes;
  bool halves;

  Weight(const std::vector<std::uint8_t>& given, std::int64_t bytes, bool in_halves,
         std::mt19937& random)
      : codes(given), code_bytes(bytes), halves(in_halves) {
    const std::size_t groups = static_cast<std::size_t>(n_blocks * (halves ? 2 : 1));
    scales = random_floats(groups * panel_rows, random);
    scales[1] = 0;
    scales[2] = 1e-42f;
    offsets = random_floats(groups * panel_rows, random);
    for (const float scale : random_floats(groups * panel_rows, random))
      outer.push_back(to_half(scale).bits);
    factors = random_bytes(groups * panel_rows, random);
    start = random_floats(most_tokens * panel_rows, random);
  }
  // kernel: one of multiply or multiply_one of the level that x is for.
  std::vector<float> product(void (*kernel)(const A8Product&), const std::vector<std::uint8_t>& x,
                             int tokens, bool has_offsets, int zero_shift) const {
    std::vector<float> acc(start.begin(), start.begin() + tokens * panel_rows);
    const std::int64_t per_block = lanes * (halves ? 2 : 1);
    const auto levels = [&](std::int64_t first) {
      return A8Levels{
          .outer = outer.data() + first * per_block,
          .factors = reinterpret_cast<const std::int8_t*>(factors.data()) + first * per_block,
          .outer_step = n_blocks * per_block,
          .factor_step = n_blocks * per_block,
          .groups_per_outer = 2};
    };
    for (std::int64_t first = 0; first < n_blocks; first += first_blocks) {
      kernel({.codes = codes.data() + first * code_bytes,
              .scales = scales.data() + first * per_block,
              .offsets = has_offsets ? offsets.data() + first * per_block : nullptr,
              .half_codes = n_blocks * code_bytes,
              .half_scales = n_blocks * per_block,
              .table = table,
              .zero_shift = zero_shift,
              .blocks = std::min(first_blocks, n_blocks - first),
              .x = x.data(),
              .first_block = first,
              .x_blocks = n_blocks,
              .tokens = tokens,
              .acc = acc.data(),
              .scale_levels = levels(first),
              .offset_levels = levels(first)});
    }
    return acc;
  }
};

}  // namespace

class int8_level : public testing::TestWithParam<const Kernels*> {
 protected:
  void expect_same(const Weight& weight, void (*found)(const A8Product&),
                   void (*expected)(const A8Product&), int tokens, bool has_offsets) {
    const std::vector<float> x = activations(tokens, random_);
    const auto own = panels(kernels_, x, tokens), scalar = panels(scalar_, x, tokens);
    for (const int zero_shift : {0, 1, 2, 3, 4, 5, 6, 7, 32}) {
      ASSERT_TRUE(same_bits(weight.product(found, own, tokens, has_offsets, zero_shift),
                            weight.product(expected, scalar, tokens, has_offsets, zero_shift)))
          << tokens << " tokens, halves " << weight.halves << ", offsets " << has_offsets
          << ", zero shift " << zero_shift;
    }
  }

  std::mt19937 random_{11};
  const Int8Kernels& kernels_ = GetParam()->int8;
  const Int8Kernels& scalar_ = scalar::kernels.int8;
};

TEST_P(int8_level, rounds_activations_like_the_scalar_level) {
  const std::vector<float> x = activations(most_tokens, random_);
  for (int tokens = 1; tokens <= most_tokens; ++tokens) {
    for (const bool one_scale : {false, true}) {
      std::vector<std::uint8_t> found(static_cast<std::size_t>(tokens * n_blocks * a8_token_bytes)),
          expected(found.size());
      kernels_.quantize(x.data(), cols, n_blocks, tokens, one_scale, found.data());
      scalar_.quantize(x.data(), cols, n_blocks, tokens, one_scale, expected.data());
      EXPECT_TRUE(same_bits(found, expected)) << tokens << " tokens, one scale " << one_scale;
    }
  }
}

TEST_P(int8_level, rounds_columns_like_the_scalar_level) {
  constexpr int ldx = 19;
  struct Rounded {
    std::vector<std::uint8_t> codes = std::vector<std::uint8_t>(tile_bytes);
    std::vector<float> scales = std::vector<float>(lanes), sums = scales,
                       absmax = std::vector<float>(lanes, 3);
    bool operator==(const Rounded&) const = default;
  };
  for (const int tokens : {1, 31, 32}) {
    std::vector<float> x = random_floats(static_cast<std::size_t>(tokens * ldx), random_);
    for (int t = 0; t < tokens; ++t) {
      x[static_cast<std::size_t>(t * ldx)] = 0;
      x[static_cast<std::size_t>(t * ldx + 1)] = t % 2 == 0 ? 0x1p-101f : 1e-40f;
      x[static_cast<std::size_t>(t * ldx + 2)] = t == 0 ? 127.0f : static_cast<float>(t) - 16.5f;
    }
    const auto round = [&](const Int8Kernels& kernels) {
      Rounded out;
      kernels.quantize_columns(x.data(), ldx, tokens, out.codes.data(), out.scales.data(),
                               out.sums.data(), out.absmax.data());
      return out;
    };
    EXPECT_TRUE(round(kernels_) == round(scalar_)) << tokens;
  }
}

TEST_P(int8_level, multiplies_bytes_like_the_scalar_level) {
  for (const auto& codes : choices_of_codes(2 * n_blocks * tile_bytes, random_)) {
    for (const bool halves : {false, true}) {
      const Weight weight(codes, tile_bytes, halves, random_);
      for (const bool offsets : {false, true}) {
        for (int tokens = 1; tokens <= most_tokens; ++tokens) {
          expect_same(weight, kernels_.multiply[halves][offsets], scalar_.multiply[halves][offsets],
                      tokens, offsets);
        }
      }
    }
  }
}

TEST_P(int8_level, multiplies_planes_like_the_scalar_level) {
  const std::vector<std::uint8_t> table = random_bytes(16, random_);
  for (int bits = 1; bits <= 6; ++bits) {
    const std::int64_t code_bytes = std::int64_t{tile_bytes} / 8 * bits;
    const auto n = static_cast<std::size_t>(2 * n_blocks * code_bytes);
    const PlaneKernels &found = kernels_.planes[bits], &expected = scalar_.planes[bits];
    for (const auto& codes : choices_of_codes(n, random_)) {
      for (const bool halves : {false, true}) {
        Weight weight(codes, code_bytes, halves, random_);
        for (const bool with_table : {false, true}) {
          if (with_table && bits != 4) continue;  // only codes of four bits have tables
          weight.table = with_table ? table.data() : nullptr;
          for (const bool offsets : {false, true}) {
            expect_same(weight, found.multiply_one[0][halves][offsets],
                        expected.multiply_one[0][halves][offsets], 1, offsets);
            expect_same(weight, found.multiply_one[1][halves][offsets],
                        expected.multiply_one[1][halves][offsets], 1, offsets);
          }
        }
      }
    }
  }
}

TEST_P(int8_level, unpacks_planes_like_the_scalar_level) {
  const std::vector<std::uint8_t> table = random_bytes(16, random_);
  for (int bits = 1; bits <= 6; ++bits) {
    const auto planes =
        random_bytes(n_blocks * tile_bytes / 8 * static_cast<std::size_t>(bits), random_);
    for (const std::uint8_t* entries : {static_cast<const std::uint8_t*>(nullptr), table.data()}) {
      std::vector<std::uint8_t> found(n_blocks * tile_bytes), expected(found.size());
      kernels_.planes[bits].unpack(planes.data(), entries, n_blocks, found.data());
      scalar_.planes[bits].unpack(planes.data(), entries, n_blocks, expected.data());
      EXPECT_TRUE(same_bits(found, expected)) << bits << " bits";
    }
  }
}

TEST_P(int8_level, widens_scales_like_the_scalar_level) {
  for (std::uint32_t first = 0; first < 0x10000; first += lanes) {
    std::vector<std::uint16_t> halves(lanes);
    std::vector<std::int8_t> factors(256);
    for (std::uint32_t i = 0; i < lanes; ++i) {
      halves[i] = static_cast<std::uint16_t>(first + i);
      if (!std::isfinite(to_float(Half{halves[i]}))) halves[i] = 0;
    }
    for (std::size_t i = 0; i < factors.size(); ++i)
      factors[i] = static_cast<std::int8_t>(i + first / lanes);
    std::vector<float> found(lanes), expected(lanes), products(256), expected_products(256);
    kernels_.widen_halves(halves.data(), lanes, found.data());
    scalar_.widen_halves(halves.data(), lanes, expected.data());
    kernels_.expand_scales(halves.data(), factors.data(), lanes, products.data());
    scalar_.expand_scales(halves.data(), factors.data(), lanes, expected_products.data());
    ASSERT_TRUE(same_bits(found, expected) && same_bits(products, expected_products)) << first;
  }
}

INSTANTIATE_TEST_SUITE_P(tested, int8_level, testing::ValuesIn(tested_levels()), name_of);

}  // namespace nybble::cpu
