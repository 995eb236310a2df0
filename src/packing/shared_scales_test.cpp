// Layouts in which blocks share scales.
#include <gtest/gtest.h>

#include "packing/checkpoint_in_memory.h"
#include "packing/stored_scales.h"

namespace nybble::packing {

using testing::Each;
using testing::HasSubstr;

namespace {

constexpr FormatId f16 = id_of<formats::F16>();
const ScaleType& bf16_scales = scale_type(id_of<formats::BF16>());

}  // namespace

TEST(shared_scales, a_row_gets_its_largest_rounded_to_a_bfloat16) {
  std::vector<float> scales = {0.001f, -0.7f, 0.3f, 0.2f, 0, 0};

  find_target("ct:w8a8-int8")->share_scales({3, 64}, scales);

  const float nearest = bf16_scales.nearest(0.7f);
  EXPECT_EQ(scales, (std::vector<float>{nearest, nearest, bf16_scales.nearest(0.3f),
                                        bf16_scales.nearest(0.3f), 1, 1}));
}

TEST(shared_scales, of_fp8_are_rounded_up) {
  for (const float largest : {0.7f, 0.3f, 1.0f, 0.001f}) {
    std::vector<float> scales = {largest, 0};
    find_target("ct:fp8")->share_scales({1, 64}, scales);

    EXPECT_GE(scales[0], largest);
    EXPECT_LE(scales[0], largest * (1 + 0x1p-7f));  // a step of 8 significant bits
    EXPECT_TRUE(bf16_scales.holds(scales[0]));
  }
}

TEST(shared_scales, a_square_gets_its_largest) {
  const Shape shape{200, 256};
  std::vector<float> scales(400, 1);
  scales[2 * 127] = 2;      // row 127, first column of squares
  scales[2 * 128 + 1] = 4;  // row 128, second one

  find_target("ct:fp8-block")->share_scales(shape, scales);

  EXPECT_EQ(scales[0], 2);
  EXPECT_EQ(scales[1], 1);
  EXPECT_EQ(scales[2 * 128], 1);
  EXPECT_EQ(scales[2 * 199 + 1], 4);
}

TEST(shared_scales, blocks_that_differ_are_refused) {
  for (const char* name : {"ct:w8a16", "ct:w8a8-int8", "ct:fp8"}) {
    const auto target = find_target(name);
    const Shape shape{1, 64};
    std::vector<std::byte> blocks = blocks_for(*target, shape, random_weight(shape));
    const float other = 0.125f;
    std::memcpy(blocks.data(), &other, sizeof(other));

    expect_error([&] { target->pack(shape, blocks, [](auto) {}); }, ErrorKind::invalid_input,
                 HasSubstr("expected one"));
  }
}

TEST(shared_scales, more_bits_than_bfloat16_has_are_refused) {
  const auto target = find_target("ct:w4a16-g32");
  const Shape shape{1, 32};
  std::vector<std::byte> blocks = blocks_for(*target, shape, random_weight(shape));
  const float scale = 1 + 0x1p-9f;
  std::memcpy(blocks.data(), &scale, sizeof(scale));

  EXPECT_FALSE(target->can_store(blocks));
  expect_error([&] { target->pack(shape, blocks, [](auto) {}); }, ErrorKind::invalid_input,
               HasSubstr("expected a value that BF16 has"));
}

TEST(shared_scales, are_halves_in_a_model_of_halves) {
  const Shape shape{32, 256};
  for (const char* name : {"ct:w4a16-g128", "ct:w4a16-g32-asym", "ct:w8a16", "ct:w8a8-int8",
                           "ct:fp8", "ct:fp8-block"}) {
    const auto target = find_target(name, f16);
    const auto blocks = blocks_for(*target, shape, random_weight(shape));
    const formats::FormatInfo& format = formats::info(target->format());
    std::vector<float> expected(static_cast<std::size_t>(shape.count()));
    format.decode(blocks.data(), expected.size() / static_cast<std::size_t>(format.block_len),
                  expected.data());

    EXPECT_EQ(target->parts("m", shape)[1].format, f16) << name;
    EXPECT_EQ(packed_by(*target, shape, blocks).read("m", shape), expected) << name;
  }
}

TEST(shared_scales, keep_eleven_bits_in_a_model_of_halves) {
  const auto target = find_target("ct:w4a16-g32", f16);
  const Shape shape{1, 32};
  std::vector<std::byte> blocks = blocks_for(*target, shape, random_weight(shape));
  const auto stores = [&](float scale) {
    std::memcpy(blocks.data(), &scale, sizeof(scale));
    return target->can_store(blocks);
  };

  EXPECT_TRUE(stores(1 + 0x1p-10f));
  EXPECT_FALSE(stores(1 + 0x1p-11f));
  EXPECT_FALSE(stores(0x1p-30f));  // a bfloat16
}

TEST(shared_scales, of_halves_are_never_0_or_infinite) {
  for (const auto round : {scale_type(f16).nearest, scale_type(f16).next}) {
    EXPECT_EQ(round(1e-20f), 0x1p-24f);
    EXPECT_EQ(round(1e20f), 65504);
    EXPECT_EQ(round(0.25f), 0.25f);
  }
  EXPECT_EQ(scale_type(f16).nearest(1 + 0x1p-12f), 1);
  EXPECT_EQ(scale_type(f16).next(1 + 0x1p-12f), 1 + 0x1p-10f);
}

TEST(shared_scales, rows_that_blocks_do_not_divide_are_refused) {
  EXPECT_THAT(find_target("ct:fp8-block")->refuses({128, 96}), HasSubstr("not divisible by 128"));
  EXPECT_EQ(find_target("ct:fp8")->refuses({128, 96}), "");
  EXPECT_THAT(find_target("ct:w8a16")->refuses({128, 80}), HasSubstr("not divisible by 32"));
  EXPECT_THAT(find_target("ct:nvfp4")->refuses({128, 96}), HasSubstr("not divisible by 64"));
}

}  // namespace nybble::packing
