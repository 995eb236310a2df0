#include "formats/exact_encoding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "base/half.h"
#include "formats/recode.h"

namespace nybble::formats {
namespace {

// Blocks of random codes with scales as encoders choose them, and their values.
struct OnGrid {
  std::vector<float> values;
  std::size_t n = 0;

  explicit OnGrid(const FormatInfo& format, unsigned seed) {
    std::mt19937 random(seed);
    n = 8;
    values.resize(n * static_cast<std::size_t>(format.block_len));
    for (float& value : values)
      value =
          std::ldexp(static_cast<float>(random() >> 8) - 0x1p23f, -27 + static_cast<int>(seed % 5));
    std::vector<std::byte> blocks(n * static_cast<std::size_t>(format.block_bytes));
    format.encode(values.data(), nullptr, n, blocks.data());
    if (const Recoding* grid = recoding(format.id)) {
      std::vector<std::uint8_t> codes(values.size());
      for (auto& code : codes)
        code = grid->level_codes[random() % static_cast<unsigned>(grid->n_levels)];
      grid->set_codes(blocks.data(), n, codes.data());
    }
    format.decode(blocks.data(), n, values.data());
  }
};

bool is_exact(const FormatInfo& to, const std::vector<float>& values) {
  const std::size_t n = values.size() / static_cast<std::size_t>(to.block_len);
  std::vector<std::byte> blocks(n * static_cast<std::size_t>(to.block_bytes));
  if (!exact_encoder(to.id)(values.data(), n, blocks.data())) return false;
  std::vector<float> back(values.size());
  to.decode(blocks.data(), n, back.data());
  EXPECT_EQ(back, values) << to.name;
  return true;
}

const FormatInfo& named(std::string_view name) {
  return info(*find_by_name(name));
}

}  // namespace

TEST(exact_encoding, finds_every_grid_of_its_own_format_again) {
  int formats = 0;
  for (const FormatInfo& format : all()) {
    if (exact_encoder(format.id) == nullptr) continue;
    ++formats;
    for (unsigned seed = 1; seed < 40; ++seed)
      EXPECT_TRUE(is_exact(format, OnGrid(format, seed).values)) << format.name << ' ' << seed;
  }
  EXPECT_EQ(formats, 7 + 24);  // Q4_0 Q5_0 Q8_0 IQ4_NL MXFP4 NF4 FP4, groups
}

TEST(exact_encoding, carries_grids_over_to_formats_that_hold_their_values) {
  const std::pair<std::string_view, std::string_view> pairs[] = {
      {"INT4-G32", "Q4_0"},      {"INT4-G128", "Q4_0"},     {"Q4_0", "INT4-G32"},
      {"INT3-G64", "Q4_0"},      {"UINT4-G128", "Q5_0"},    {"UINT3-G32", "Q4_0"},
      {"INT8-G128", "Q8_0"},     {"Q8_0", "INT8-G32"},      {"Q4_0", "UINT4-G32"},
      {"UINT4-G64", "INT8-G32"}, {"INT2-G32", "UINT2-G32"}, {"MXFP4", "Q8_0"}};
  for (const auto& [from, to] : pairs) {
    for (unsigned seed = 1; seed < 20; ++seed)
      EXPECT_TRUE(is_exact(named(to), OnGrid(named(from), seed).values)) << from << " to " << to;
  }
}

TEST(exact_encoding, gives_symmetric_grids_no_negative_scale) {
  const FormatInfo& fp4 = named("FP4");
  for (unsigned seed = 1; seed < 40; ++seed) {
    const std::vector<float> values = OnGrid(fp4, seed).values;
    const std::size_t n = values.size() / static_cast<std::size_t>(fp4.block_len);
    std::vector<std::byte> blocks(n * static_cast<std::size_t>(fp4.block_bytes));
    std::vector<float> scales(n);
    ASSERT_TRUE(exact_encoder(fp4.id)(values.data(), n, blocks.data())) << seed;
    fp4.scales(blocks.data(), n, scales.data());
    for (const float scale : scales) EXPECT_GE(scale, 0) << seed;
  }
}

// 3 * 1367 * 2^-13 is no half, but multiples of 3 stand on its grid, too.
TEST(exact_encoding, prefers_scales_of_few_bits) {
  std::vector<float> values(32);
  for (std::size_t i = 0; i < 32; ++i)
    values[i] = 1367 * 0x1p-10f * static_cast<float>(static_cast<int>(i % 3) * 3 - 3);
  const FormatInfo& to = named("INT4-G32");
  std::vector<std::byte> block(static_cast<std::size_t>(to.block_bytes));
  ASSERT_TRUE(exact_encoder(to.id)(values.data(), 1, block.data()));
  float scale = 0;
  to.scales(block.data(), 1, &scale);
  EXPECT_EQ(to_float(to_half(scale)), scale);
}

TEST(exact_encoding, refuses_what_is_on_no_grid) {
  for (const FormatInfo& format : all()) {
    if (exact_encoder(format.id) == nullptr) continue;
    std::mt19937 random(3);
    std::vector<float> values(static_cast<std::size_t>(format.block_len));
    for (float& value : values) value = static_cast<float>(random() >> 8) * 0x1p-24f;
    EXPECT_FALSE(is_exact(format, values)) << format.name;
    values.assign(values.size(), 0.0f);
    EXPECT_TRUE(is_exact(format, values)) << format.name;
    values[5] = NAN;
    EXPECT_FALSE(is_exact(format, values)) << format.name;
    values[5] = INFINITY;
    EXPECT_FALSE(is_exact(format, values)) << format.name;
  }
}

TEST(exact_encoding, is_there_for_groups_around_zero_only) {
  for (const std::string_view name : {"Q4_1", "Q4_K", "IQ2_S", "BF16", "NVFP4", "Q8_1"})
    EXPECT_EQ(exact_encoder(named(name).id), nullptr) << name;
}

}  // namespace nybble::formats
