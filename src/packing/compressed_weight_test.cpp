#include "packing/compressed_weight.h"

#include <gtest/gtest.h>

#include "packing/compressed_example.h"

namespace nybble::packing {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr FormatId i32 = id_of<formats::I32>(), i64 = id_of<formats::I64>(),
                   i8 = id_of<formats::I8>(), u8 = id_of<formats::U8>(),
                   f32 = id_of<formats::F32>(), f8 = id_of<formats::F8_E4M3>();

void expect_refused(const CheckpointInMemory& checkpoint, ErrorKind kind,
                    const testing::Matcher<std::string>& sentence) {
  expect_error([&] { checkpoint.find("m", shape); }, kind, sentence);
}

}  // namespace

TEST(pack_quantized, codes_are_integers_plus_half_of_their_range) {
  const std::vector<float> values = ramp(config("pack-quantized", w4)).read("m", shape);

  EXPECT_EQ(values[0], -8);
  EXPECT_EQ(values[15], 7);
  EXPECT_EQ(values[32], -16);
  EXPECT_EQ(values[64 + 1], 3 * -7);
  EXPECT_EQ(values[127], 4 * 7);
}

TEST(pack_quantized, zero_points_lie_below_each_other) {
  CheckpointInMemory checkpoint =
      ramp(config("pack-quantized",
                  R"({"num_bits": 4, "strategy": "group", "group_size": 32, "symmetric": false})"));
  checkpoint.add("m.weight_zero_point", i32, {1, 2}, std::vector<std::uint32_t>{0x10, 0xf3});

  const std::vector<float> values = checkpoint.read("m", shape);

  EXPECT_EQ(values[0], 0);
  EXPECT_EQ(values[32], 2 * -3);
  EXPECT_EQ(values[64], 3 * -1);
  EXPECT_EQ(values[96], 4 * -15);
}

TEST(pack_quantized, columns_of_a_group_may_lie_anywhere) {
  CheckpointInMemory checkpoint = ramp(config("pack-quantized", w4));
  std::vector<std::int32_t> g_idx(64);
  for (std::size_t c = 0; c < 64; ++c) g_idx[c] = c % 2 == 0 ? 1 : 0;
  checkpoint.add("m.weight_g_idx", i32, {64}, g_idx);

  const std::vector<float> values = checkpoint.read("m", shape);

  for (std::size_t c = 0; c < 64; ++c) {
    const float integer = static_cast<float>(c % 16) - 8;
    EXPECT_EQ(values[c], integer * (c % 2 == 0 ? 2.0f : 1.0f)) << c;
  }
  g_idx[0] = 0;
  checkpoint.add("m.weight_g_idx", i32, {64}, g_idx);
  expect_refused(checkpoint, ErrorKind::corrupt_file, HasSubstr("m.weight_g_idx"));
}

TEST(pack_quantized, an_order_of_minus_ones_is_none) {
  CheckpointInMemory checkpoint = ramp(config("pack-quantized", w4));
  checkpoint.add("m.weight_g_idx", i32, {64}, std::vector<std::int32_t>(64, -1));

  EXPECT_EQ(checkpoint.read("m", shape), ramp(config("pack-quantized", w4)).read("m", shape));
}

TEST(pack_quantized, another_weight_shape_is_refused) {
  CheckpointInMemory checkpoint = ramp(config("pack-quantized", w4));
  checkpoint.add("m.weight_shape", i64, {2}, std::vector<std::int64_t>{2, 60});

  expect_refused(checkpoint, ErrorKind::corrupt_file,
                 AllOf(HasSubstr("m.weight_shape"), HasSubstr("60"), HasSubstr("expected 64")));
}

TEST(int_quantized, values_are_integers_as_they_are) {
  CheckpointInMemory checkpoint(config("int-quantized", w8));
  std::vector<std::int8_t> weight(64, 0);
  weight[0] = -128, weight[33] = 127;
  checkpoint.add("m.weight", i8, {2, 32}, weight);
  checkpoint.add("m.weight_scale", f32, {2, 1}, std::vector<float>{0.5f, 2});
  checkpoint.add("m.input_scale", f32, {1}, std::vector<float>{1});

  const std::vector<float> values = checkpoint.read("m", {2, 32});

  EXPECT_EQ(values[0], -64);
  EXPECT_EQ(values[33], 254);
  EXPECT_EQ(checkpoint.find("m", {2, 32})->parts().size(), 3);  // nothing is left over
}

TEST(float_quantized, squares_at_the_ends_may_be_cut_off) {
  CheckpointInMemory checkpoint(config(
      "float-quantized",
      R"({"num_bits": 8, "type": "float", "strategy": "block", "block_structure": [2, 64]})"));
  checkpoint.add("m.weight", f8, {3, 96}, std::vector<std::uint8_t>(3 * 96, 0x38));
  checkpoint.add("m.weight_scale", f32, {2, 2}, std::vector<float>{1, 2, 3, 4});

  const std::vector<float> values = checkpoint.read("m", {3, 96});

  EXPECT_EQ(values[96 + 63], 1);
  EXPECT_EQ(values[95], 2);
  EXPECT_EQ(values[2 * 96], 3);
  EXPECT_EQ(values[2 * 96 + 64], 4);
}

TEST(nvfp4_quantized, the_scale_of_the_weight_is_a_divisor) {
  CheckpointInMemory checkpoint(
      config("nvfp4-pack-quantized",
             R"({"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": 16})"));
  std::vector<std::uint8_t> packed(32);
  packed[0] = 0xf2;  // 1 and -6
  checkpoint.add("m.weight_packed", u8, {1, 32}, packed);
  checkpoint.add("m.weight_scale", f8, {1, 4}, std::vector<std::uint8_t>(4, 0x40));  // 2
  checkpoint.add("m.weight_global_scale", f32, {1}, std::vector<float>{4});

  const std::vector<float> values = checkpoint.read("m", {1, 64});

  EXPECT_EQ(values[0], 0.5f);
  EXPECT_EQ(values[1], -3);

  checkpoint.add("m.weight_global_scale", f32, {1}, std::vector<float>{0});
  expect_error(
      [&] {
        checkpoint.find("m", {1, 64});
      },
      ErrorKind::corrupt_file,
      AllOf(HasSubstr("m.weight_global_scale"), HasSubstr("expected a positive number")));
}

TEST(nvfp4_quantized, scales_that_are_no_positive_numbers_are_refused) {
  for (const std::uint8_t scale : {std::uint8_t{0x7f}, std::uint8_t{0xb8}, std::uint8_t{0xff}}) {
    CheckpointInMemory checkpoint(config(
        "nvfp4-pack-quantized",
        R"({"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": 16})"));
    checkpoint.add("m.weight_packed", u8, {1, 32}, std::vector<std::uint8_t>(32));
    checkpoint.add("m.weight_scale", f8, {1, 4}, std::vector<std::uint8_t>{0, 1, scale, 0x80});
    checkpoint.add("m.weight_global_scale", f32, {1}, std::vector<float>{4});
    expect_error(
        [&] {
          checkpoint.read("m", {1, 64});
        },
        ErrorKind::corrupt_file, AllOf(HasSubstr("m.weight_scale"), HasSubstr("at 2")));
  }
}

TEST(mxfp4_quantized, a_scale_that_is_no_number_is_refused) {
  CheckpointInMemory checkpoint(
      config("mxfp4-pack-quantized",
             R"({"num_bits": 4, "type": "float", "strategy": "group", "group_size": 32})"));
  checkpoint.add("m.weight_packed", u8, {1, 16}, std::vector<std::uint8_t>(16));
  checkpoint.add("m.weight_scale", u8, {1, 1}, std::vector<std::uint8_t>{255});

  expect_error(
      [&] {
        checkpoint.read("m", {1, 32});
      },
      ErrorKind::corrupt_file, AllOf(HasSubstr("m.weight_scale"), HasSubstr("0xff")));
}

}  // namespace nybble::packing
