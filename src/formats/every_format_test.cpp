// What holds for every format of the list.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "formats/registry.h"
#include "formats/typed_test_lists.h"

namespace nybble::formats {
namespace {

using All = Selected<[]<class F>() { return Format<F>; }>;
using Affine = Selected<[]<class F>() { return AffineFormat<F>; }>;
using Packed = Selected<[]<class F>() { return Unpackable<F>; }>;

// A block of random bytes of at most `largest`.
template <class F>
typename F::Block random_block(std::mt19937& random, unsigned largest = 255) {
  unsigned char bytes[sizeof(typename F::Block)];
  for (auto& byte : bytes) byte = static_cast<unsigned char>(random() & largest);
  typename F::Block block;
  std::memcpy(&block, bytes, sizeof(block));
  return block;
}

}  // namespace

template <class F>
class EveryFormat : public ::testing::Test {};
TYPED_TEST_SUITE(EveryFormat, All, FormatName);

template <class F>
class EveryAffineFormat : public ::testing::Test {};
TYPED_TEST_SUITE(EveryAffineFormat, Affine, FormatName);

template <class F>
class EveryPackedFormat : public ::testing::Test {};
TYPED_TEST_SUITE(EveryPackedFormat, Packed, FormatName);

TYPED_TEST(EveryFormat, is_described_in_the_table) {
  const FormatInfo& format = info(id_of<TypeParam>());

  EXPECT_EQ(find_by_name(TypeParam::name), format.id);
  EXPECT_EQ(format.block_len, TypeParam::block_len);
  EXPECT_EQ(format.block_bytes, static_cast<int>(sizeof(typename TypeParam::Block)));
  EXPECT_EQ(format.bits_per_weight * format.block_len, 8.0 * format.block_bytes);
  EXPECT_EQ(format.encode != nullptr, Encodable<TypeParam>);
  EXPECT_EQ(format.encode_plain != nullptr, PlainlyEncodable<TypeParam>);
  if (TypeParam::gguf_type >= 0) {
    EXPECT_EQ(find_by_gguf_type(static_cast<std::uint32_t>(TypeParam::gguf_type)), format.id);
  }
}

// Bytes up to 0x3f make no exponent of all ones, in whatever float and byte order they stand.
TYPED_TEST(EveryFormat, decodes_finite_scales_to_finite_values) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 1000; ++trial) {
    const auto block = random_block<TypeParam>(random, 0x3f);
    std::vector<float> values(TypeParam::block_len, NAN);
    TypeParam::decode(block, values.data());
    for (float value : values) ASSERT_TRUE(std::isfinite(value));
  }
}

TYPED_TEST(EveryFormat, decodes_unaligned_rows_block_by_block) {
  std::mt19937 random(2);
  using Block = typename TypeParam::Block;
  constexpr std::size_t n = 5, len = TypeParam::block_len;
  std::vector<std::byte> bytes(1 + n * sizeof(Block));
  std::vector<float> expected(n * len);
  for (std::size_t b = 0; b < n; ++b) {
    const Block block = random_block<TypeParam>(random, 0x3f);
    std::memcpy(bytes.data() + 1 + b * sizeof(Block), &block, sizeof(Block));
    TypeParam::decode(block, expected.data() + b * len);
  }

  std::vector<float> values(n * len);
  info(id_of<TypeParam>()).decode(bytes.data() + 1, n, values.data());

  EXPECT_EQ(values, expected);
}

TYPED_TEST(EveryPackedFormat, unpacks_what_code_says) {
  std::mt19937 random(3);
  for (int trial = 0; trial < 100; ++trial) {
    const auto block = random_block<TypeParam>(random);
    std::uint8_t codes[TypeParam::block_len];
    TypeParam::unpack(block, codes);
    for (int i = 0; i < TypeParam::block_len; ++i) {
      ASSERT_EQ(codes[i], TypeParam::code(block, i)) << "value " << i;
    }
  }
}

TYPED_TEST(EveryAffineFormat, decodes_by_the_formula_bit_for_bit) {
  std::mt19937 random(4);
  for (int trial = 0; trial < 100; ++trial) {
    const auto block = random_block<TypeParam>(random, 0x3f);
    const auto groups = TypeParam::groups(block);
    float values[TypeParam::block_len];
    TypeParam::decode(block, values);
    for (int i = 0; i < TypeParam::block_len; ++i) {
      const int g = i / TypeParam::group_len;
      const float scale = groups.scale * groups.sub_scale[g];
      const float offset = groups.offset * groups.sub_offset[g];
      const auto code = static_cast<float>(TypeParam::code(block, i) - TypeParam::zero);
      ASSERT_EQ(std::bit_cast<std::uint32_t>(values[i]),
                std::bit_cast<std::uint32_t>(scale * code + offset));
    }
  }
}

}  // namespace nybble::formats
