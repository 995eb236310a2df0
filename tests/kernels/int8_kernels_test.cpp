// The integer kernels of every ISA level against the scalar ones, bit for bit.
#include "cpu/int8_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <span>

#include "a8_values.h"
#include "base/half.h"
#include "cpu/scalar_kernels.h"
#include "tested_levels.h"

namespace nybble::cpu {
namespace {

constexpr int most_tokens = 14;
// Blocks of a row, multiplied as the first and then the rest.
struct Size {
  std::int64_t blocks, first;
};
// Offsets in pairs take 8 blocks at a time.
constexpr Size any_size = {5, 3}, pairs_size = {3 * a8_paired_blocks, a8_paired_blocks};
constexpr std::size_t tile_bytes = a8_len * lanes;

std::vector<float> activations(int tokens, std::int64_t blocks, std::mt19937& random) {
  const std::int64_t cols = blocks * a8_len;
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

// All tokens in tiles of so many.
std::vector<A8Block> tiles(const Int8Kernels& kernels, const std::vector<float>& x, int tokens,
                           int tile_tokens, bool in_halves) {
  const auto cols = static_cast<std::int64_t>(x.size()) / tokens, blocks = cols / a8_len;
  std::vector<A8Block> result(static_cast<std::size_t>(tokens * blocks));
  A8Block* tile = result.data();
  for (int first = 0; first < tokens;) {
    const int n = a8_tile(tile_tokens, tokens - first);
    kernels.quantize(x.data() + first * cols, cols, blocks, n,
                     in_halves ? A8Rounding::halves : A8Rounding::blocks, tile);
    tile += n * blocks;
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

// How scales stand.
enum class Stand { floats, halves, factors, longer_halves };
constexpr Stand ways_to_stand[] = {Stand::floats, Stand::halves, Stand::factors,
                                   Stand::longer_halves};

// One weight of 32 rows: codes of `code_bytes` each 32 columns of 16 rows.
struct Weight {
  std::vector<std::uint8_t> codes;
  std::vector<float> floats, start;
  std::vector<std::uint16_t> halves;
  std::vector<std::uint8_t> factors;
  const std::uint8_t* table = nullptr;
  std::int64_t code_bytes;
  Size size;

  Weight(const std::vector<std::uint8_t>& given, std::int64_t bytes, Size of, std::mt19937& random)
      : codes(given), code_bytes(bytes), size(of) {
    const auto n = static_cast<std::size_t>(2 * size.blocks * panel_rows);
    floats = random_floats(n, random);
    floats[1] = 0;
    floats[2] = 1e-42f;
    for (const float scale : random_floats(n, random)) halves.push_back(to_half(scale).bits);
    factors = random_bytes(n, random);
    start = random_floats(most_tokens * panel_rows, random);
  }

  // Those from a block on; groups of more than a block have `size.first`.
  A8Scales scales(A8Groups groups, Stand stand, std::int64_t first) const {
    const std::int64_t per_block = groups == a8_halves ? 2 : 1;
    std::int64_t group = first * per_block * lanes;
    A8Scales result{.halves = stand != Stand::floats};
    if (groups == a8_longer) {
      result.groups_per_outer = static_cast<int>(size.first);
      group /= size.first;
    } else if (stand == Stand::factors || stand == Stand::longer_halves) {
      result.groups_per_outer = static_cast<int>(size.first * per_block);
      if (stand == Stand::factors)
        result.factors = reinterpret_cast<const std::int8_t*>(factors.data()) + group;
      group /= result.groups_per_outer;
    }
    // Those of the other rows come so much later that neither floats, halves nor factors overlap.
    result.other_rows = size.blocks * per_block * lanes;
    result.outer = stand == Stand::floats ? static_cast<const void*>(floats.data() + group)
                                          : halves.data() + group;
    return result;
  }

  std::vector<float> product(MultiplyA8 kernel, const std::vector<A8Block>& x, int tokens, int tile,
                             A8Groups groups, Stand stand, A8Offsets offsets,
                             int zero_shift) const {
    const A8Scales none;
    std::vector<float> acc(start.begin(), start.begin() + tokens * panel_rows);
    for (std::int64_t first = 0; first < size.blocks; first += size.first) {
      kernel({.codes = codes.data() + first * code_bytes,
              .other_codes = size.blocks * code_bytes,
              .scales = scales(groups, stand, first),
              .offsets = offsets == no_offsets      ? none
                         : offsets == float_offsets ? scales(groups, stand, first)
                                                    : scales(groups, Stand::factors, first),
              .table = table,
              .zero_shift = zero_shift,
              .blocks = std::min(size.first, size.blocks - first),
              .x = x.data(),
              .first_block = first,
              .x_blocks = size.blocks,
              .tokens = tokens,
              .tile = tile,
              .acc = acc.data()});
    }
    return acc;
  }
};

}  // namespace

class int8_level : public testing::TestWithParam<const Kernels*> {
 protected:
  // Every kernel for codes of so many bits that there is.
  void expect_same(const Weight& weight, int bits, int tokens) {
    for (const Stand stand : ways_to_stand)
      expect_same(weight, bits, tokens, kernels_.tile_tokens, stand);
    if (bits == 8 && kernels_.prompt_tokens != kernels_.tile_tokens)
      expect_same(weight, bits, tokens, kernels_.prompt_tokens, Stand::floats);
  }

  void expect_same(const Weight& weight, int bits, int tokens, int tile, Stand stand) {
    const std::vector<float> x = activations(tokens, weight.size.blocks, random_);
    for (const bool in_halves : {false, true}) {
      const auto own = tiles(kernels_, x, tokens, tile, in_halves),
                 scalar = tiles(scalar_, x, tokens, scalar_.tile_tokens, in_halves);
      for (const A8Groups groups : {a8_halves, a8_blocks, a8_longer}) {
        for (const A8Offsets offsets : {no_offsets, float_offsets, pair_offsets}) {
          if (offsets == pair_offsets && weight.size.first != a8_paired_blocks) continue;
          const MultiplyA8 found = kernels_.multiply[bits].kernels[groups][in_halves][offsets],
                           expected = scalar_.multiply[bits].kernels[groups][in_halves][offsets];
          ASSERT_EQ(found == nullptr, expected == nullptr);
          for (const int zero_shift : {0, 2, 5, 7, 32}) {
            if (found == nullptr || (bits == 8 && zero_shift < 7)) continue;
            ASSERT_TRUE(same_bits(
                weight.product(found, own, tokens, tile, groups, stand, offsets, zero_shift),
                weight.product(expected, scalar, tokens, scalar_.tile_tokens, groups, stand,
                               offsets, zero_shift)))
                << bits << " bits, " << tokens << " tokens in tiles of " << tile << ", halves "
                << in_halves << ", groups " << groups << ", offsets " << offsets << ", zero shift "
                << zero_shift;
          }
        }
      }
    }
  }

  std::mt19937 random_{11};
  const Int8Kernels& kernels_ = GetParam()->int8;
  const Int8Kernels& scalar_ = scalar::kernels.int8;
};

TEST_P(int8_level, rounds_activations_like_the_scalar_level) {
  constexpr std::int64_t blocks = 2 * a8_paired_blocks + 3, cols = blocks * a8_len;
  const std::vector<float> x = activations(most_tokens, blocks, random_);
  for (int tokens = 1; tokens <= kernels_.tile_tokens; ++tokens) {
    for (const auto rounding : {A8Rounding::halves, A8Rounding::blocks, A8Rounding::tokens}) {
      std::vector<A8Block> found(static_cast<std::size_t>(tokens * blocks)), expected(found.size());
      kernels_.quantize(x.data(), cols, blocks, tokens, rounding, found.data());
      scalar_.quantize(x.data(), cols, blocks, tokens, rounding, expected.data());
      EXPECT_TRUE(same_bits(found, expected)) << tokens << " tokens, rounding " << int(rounding);
    }
  }
}

TEST_P(int8_level, rounds_a_token_alone_as_among_others) {
  constexpr std::int64_t blocks = 21;
  const std::vector<float> x =
      random_floats(static_cast<std::size_t>(2 * blocks * a8_len), random_);
  for (const auto rounding : {A8Rounding::halves, A8Rounding::blocks, A8Rounding::tokens}) {
    std::vector<A8Block> alone(blocks), both(2 * alone.size());
    kernels_.quantize(x.data(), blocks * a8_len, blocks, 1, rounding, alone.data());
    kernels_.quantize(x.data(), blocks * a8_len, blocks, 2, rounding, both.data());
    for (std::size_t block = 0; block < blocks; ++block) {
      ASSERT_EQ(std::memcmp(&alone[block], &both[2 * block], sizeof(A8Block)), 0)
          << "block " << block << ", rounding " << int(rounding);
    }
  }
}

// Half a step, and the roundings of scale, inverse and product: 3 of 2^-24 each of up to 127 steps.
TEST_P(int8_level, rounds_activations_to_half_a_step) {
  // As many tokens as there are before those that are too small for a scale.
  constexpr std::int64_t tokens = 6, blocks = a8_paired_blocks + 3, cols = blocks * a8_len;
  const std::vector<float> x = activations(tokens, blocks, random_);
  for (const std::int64_t len : {16, 32}) {
    std::vector<double> values;
    for (std::int64_t t = 0; t < tokens; ++t) {
      std::vector<A8Block> rounded(blocks);
      kernels_.quantize(x.data() + t * cols, cols, blocks, 1,
                        len == 16 ? A8Rounding::halves : A8Rounding::blocks, rounded.data());
      std::ranges::copy(a8_values(rounded), std::back_inserter(values));
    }
    for (std::size_t first = 0; first < x.size(); first += static_cast<std::size_t>(len)) {
      const auto own = std::span(x).subspan(first, static_cast<std::size_t>(len));
      double highest = 0;
      for (const float value : own) highest = std::max(highest, std::fabs(double{value}));
      for (std::size_t i = 0; i < own.size(); ++i) {
        EXPECT_NEAR(values[first + i], double{own[i]}, highest / 127 * (0.5 + 127 * 3 * 0x1p-24))
            << "value " << first + i << ", blocks of " << len;
      }
    }
  }
}

TEST_P(int8_level, keeps_sums_beside_codes) {
  constexpr std::size_t blocks = a8_paired_blocks;
  const std::vector<float> x = random_floats(blocks * a8_len, random_);
  for (const auto rounding : {A8Rounding::halves, A8Rounding::blocks, A8Rounding::tokens}) {
    std::vector<A8Block> rounded(blocks);
    kernels_.quantize(x.data(), blocks * a8_len, blocks, 1, rounding, rounded.data());
    const double unit = std::ldexp(1, static_cast<int>(rounded[0].exponent));
    double before = 0;
    for (std::size_t i = 0; i < blocks; ++i) {
      const A8Block& block = rounded[i];
      std::int32_t sums[2] = {};
      for (int c = 0; c < a8_len; ++c) sums[c / 16] += static_cast<std::int8_t>(block.codes[c]);
      EXPECT_EQ(block.minus_sums[0], -128 * sums[0]);
      EXPECT_EQ(block.minus_sums[1], -128 * sums[1]);
      EXPECT_EQ(block.minus_sums[2], -128 * (sums[0] + sums[1]));
      const double halves[] = {sums[0] * double{block.scales[0]},
                               sums[1] * double{block.scales[1]}},
                   both = halves[0] + halves[1];
      // Products and their sum round, 2^-24 of up to 2^15 units each; what has 16 bits is also half
      // a unit away at most.
      const double near = 0x1p-23 * (std::fabs(halves[0]) + std::fabs(halves[1]));
      const auto expect_pair = [&](std::int32_t pair, double low, double high) {
        EXPECT_NEAR(static_cast<std::int16_t>(pair) * unit, low, unit * (0.5 + 3 * 0x1p-9));
        EXPECT_NEAR((pair >> 16) * unit, high, unit * (0.5 + 3 * 0x1p-9));
      };
      EXPECT_NEAR(double{block.weighted_sum}, both, near);
      expect_pair(block.pair_of_halves, halves[0], halves[1]);
      if (i % 2 == 1) expect_pair(block.pair_of_blocks, before, both);
      before = both;
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

TEST_P(int8_level, multiplies_like_the_scalar_level) {
  const std::vector<std::uint8_t> table = random_bytes(16, random_);
  for (const int bits : {1, 2, 3, 4, 5, 6, 8}) {
    const std::int64_t code_bytes = std::int64_t{tile_bytes} / 8 * bits;
    const auto n = static_cast<std::size_t>(2 * any_size.blocks * code_bytes);
    for (const auto& codes : choices_of_codes(n, random_)) {
      Weight weight(codes, code_bytes, any_size, random_);
      // Every size of a tile, alone and after others.
      for (const int tokens : {1, 2, 3, 7, 9, most_tokens}) expect_same(weight, bits, tokens);
      weight.table = table.data();
      if (bits == 4) expect_same(weight, bits, most_tokens);
    }
  }
}

TEST_P(int8_level, multiplies_pairs_of_offsets_like_the_scalar_level) {
  for (const int bits : {2, 4, 5, 8}) {
    const std::int64_t code_bytes = std::int64_t{tile_bytes} / 8 * bits;
    const auto codes =
        random_bytes(static_cast<std::size_t>(2 * pairs_size.blocks * code_bytes), random_);
    const Weight weight(codes, code_bytes, pairs_size, random_);
    for (const int tokens : {1, 2, 3, 7, 9, most_tokens}) expect_same(weight, bits, tokens);
  }
}

TEST_P(int8_level, unpacks_planes_like_the_scalar_level) {
  const std::vector<std::uint8_t> table = random_bytes(16, random_);
  for (int bits = 1; bits <= 6; ++bits) {
    const auto planes =
        random_bytes(any_size.blocks * tile_bytes / 8 * static_cast<std::size_t>(bits), random_);
    for (const std::uint8_t* entries : {static_cast<const std::uint8_t*>(nullptr), table.data()}) {
      for (const int zero_shift : {0, bits - 1, 7, 32}) {
        std::vector<std::uint8_t> found(any_size.blocks * tile_bytes), expected(found.size());
        kernels_.unpack[bits](planes.data(), entries, zero_shift, any_size.blocks, found.data());
        scalar_.unpack[bits](planes.data(), entries, zero_shift, any_size.blocks, expected.data());
        EXPECT_TRUE(same_bits(found, expected)) << bits << " bits";
      }
    }
  }
}

TEST_P(int8_level, packs_what_unpacking_gives) {
  for (int bits = 1; bits <= 6; ++bits) {
    const auto planes =
        random_bytes(any_size.blocks * tile_bytes / 8 * static_cast<std::size_t>(bits), random_);
    std::vector<std::uint8_t> codes(any_size.blocks * tile_bytes), found(planes.size());
    kernels_.unpack[bits](planes.data(), nullptr, 32, any_size.blocks, codes.data());
    kernels_.pack[bits](codes.data(), any_size.blocks, found.data());
    EXPECT_EQ(found, planes) << bits << " bits";
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
