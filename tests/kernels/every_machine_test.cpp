// The scalar kernels give the same bits on every machine: hashes of what they compute.
#include <gtest/gtest.h>

#include <bit>
#include <cstring>

#include "base/half.h"
#include "cpu/a8_block.h"
#include "cpu/scalar_kernels.h"
#include "tested_levels.h"

namespace nybble::cpu {
namespace {

// Without the mathematical library, whose results differ between machines.
std::vector<float> plain_floats(std::size_t n, std::mt19937& random) {
  std::vector<float> values(n);
  for (float& value : values) {
    const auto integer = static_cast<std::int32_t>(random());
    value = static_cast<float>(integer) / static_cast<float>(1u << (20 + random() % 10));
  }
  return values;
}

// FNV-1a of their bits.
std::uint64_t hash_of(const std::vector<float>& values) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const float value : values) {
    for (int shift = 0; shift < 32; shift += 8) {
      hash ^= std::bit_cast<std::uint32_t>(value) >> shift & 0xff;
      hash *= 0x100000001b3u;
    }
  }
  return hash;
}

}  // namespace

class every_machine : public testing::Test {
 protected:
  std::mt19937 random_{5};
};

TEST_F(every_machine, multiplies_floats_to_the_same_bits) {
  constexpr std::int64_t k = 100, tokens = 7;
  const auto panel = plain_floats(k * panel_rows, random_), x = plain_floats(tokens * k, random_);
  std::vector<float> acc(tokens * panel_rows);
  scalar::kernels.multiply_f32(panel.data(), k, x.data(), k, tokens, acc.data());
  EXPECT_EQ(hash_of(acc), 0xb19d8422107ff70du);
}

TEST_F(every_machine, multiplies_integers_to_the_same_bits) {
  constexpr std::int64_t blocks = a8_paired_blocks, tokens = 4, groups = 2 * blocks;
  const auto x = plain_floats(tokens * blocks * a8_len, random_);
  const auto codes = random_bytes(blocks * a8_len * panel_rows, random_);
  const auto scales = plain_floats(groups * panel_rows, random_),
             offsets = plain_floats(panel_rows, random_);
  // Of both times 16 rows, halves and then pairs.
  constexpr std::size_t halves_bytes = lanes * sizeof(Half),
                        offset_bytes = halves_bytes + groups * lanes;
  std::vector<std::uint8_t> of_offsets = random_bytes(2 * offset_bytes, random_);
  for (std::size_t r = 0; r < panel_rows; ++r) {
    const Half half = to_half(offsets[r]);
    std::memcpy(of_offsets.data() + r / lanes * offset_bytes + r % lanes * sizeof half, &half,
                sizeof half);
  }
  std::vector<A8Block> tile(blocks * tokens);
  const Int8Kernels& kernels = scalar::kernels.int8;
  ASSERT_EQ(kernels.tile_tokens, 1);
  for (std::int64_t t = 0; t < tokens; ++t) {
    kernels.quantize(x.data() + t * blocks * a8_len, blocks * a8_len, blocks, 1, A8Rounding::halves,
                     tile.data() + t * blocks);
  }
  std::vector<float> acc(tokens * panel_rows);
  const A8Scales of_weight{.outer = scales.data(),
                           .other_rows = groups * lanes * std::int64_t{sizeof(float)}};
  const A8Scales in_pairs{
      .outer = of_offsets.data(),
      .factors = reinterpret_cast<const std::int8_t*>(of_offsets.data() + halves_bytes),
      .halves = true,
      .other_rows = std::int64_t{offset_bytes}};
  kernels.multiply[2].kernels[a8_halves][true][pair_offsets](
      {.codes = codes.data(),
       .other_codes = blocks * a8_len / 4 * lanes,
       .scales = of_weight,
       .offsets = in_pairs,
       .table = nullptr,
       .zero_shift = 32,
       .blocks = blocks,
       .x = tile.data(),
       .first_block = 0,
       .x_blocks = blocks,
       .tokens = tokens,
       .tile = kernels.tile(tokens),
       .acc = acc.data()});
  EXPECT_EQ(hash_of(acc), 0xf85e914d22889280u);
}

TEST_F(every_machine, takes_softmax_and_silu_to_the_same_bits) {
  std::vector<float> values = plain_floats(chunk_keys, random_), silu(chunk_keys);
  scalar::kernels.silu_multiply(values.data(), values.data(), chunk_keys, silu.data());
  EXPECT_EQ(hash_of(silu), 0x8c8facdca440eee7u);
  float max = 0;
  const float sum = scalar::kernels.softmax_chunk(values.data(), 3, 60, 0.01f, &max);
  values.insert(values.end(), {sum, max});
  EXPECT_EQ(hash_of(values), 0xd23410e8913f24dau);
}

}  // namespace nybble::cpu
