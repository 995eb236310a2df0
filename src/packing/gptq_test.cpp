#include "packing/gptq.h"

#include <gtest/gtest.h>

#include "packing/bit_words.h"
#include "packing/checkpoint_in_memory.h"

namespace nybble::packing {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr FormatId i32 = id_of<formats::I32>(), f32 = id_of<formats::F32>();
constexpr auto v1 =
    R"({"quant_method": "gptq", "bits": 4, "group_size": 32, "checkpoint_format": "gptq"})";
constexpr auto v2 =
    R"({"quant_method": "gptq", "bits": 4, "group_size": 32, "checkpoint_format": "gptq_v2"})";
constexpr auto unlabelled = R"({"quant_method": "gptq", "bits": 4, "group_size": 32})";

// The module "m", [32, 64] in groups of 32: code c % 16 in column c, the scale 1 in the first group
// and 2 in the second.
CheckpointInMemory ramp(const char* config, std::uint32_t stored_zeros) {
  CheckpointInMemory checkpoint(config);
  std::vector<std::uint32_t> qweight(8 * 32);
  for (std::size_t i = 0; i < qweight.size(); ++i)
    qweight[i] = i / 32 % 2 == 0 ? 0x76543210 : 0xfedcba98;
  checkpoint.add("m.qweight", i32, {8, 32}, qweight);
  checkpoint.add("m.qzeros", i32, {2, 4}, std::vector<std::uint32_t>(8, stored_zeros));
  std::vector<float> scales(64, 1);
  std::fill(scales.begin() + 32, scales.end(), 2.0f);
  checkpoint.add("m.scales", f32, {2, 32}, scales);
  return checkpoint;
}

const Shape shape{32, 64};

}  // namespace

TEST(gptq, the_first_label_means_zero_points_less_one) {
  const std::vector<float> values = ramp(v1, 0x77777777).read("m", shape);

  EXPECT_EQ(values[0], -8);
  EXPECT_EQ(values[15], 7);
  EXPECT_EQ(values[32], -16);
  EXPECT_EQ(values, ramp(v2, 0x88888888).read("m", shape));
}

TEST(gptq, zero_points_lie_side_by_side) {
  const std::vector<float> values = ramp(v2, 0x76543210).read("m", shape);

  for (std::size_t row = 0; row < 32; ++row)
    EXPECT_EQ(values[row * 64], -static_cast<float>(row % 8));
}

TEST(gptq, without_a_label_the_weights_tell) {
  const std::vector<float> right = ramp(v2, 0x88888888).read("m", shape);

  EXPECT_EQ(ramp(unlabelled, 0x77777777).read("m", shape), right);
  EXPECT_EQ(ramp(unlabelled, 0x88888888).read("m", shape), right);
  CheckpointInMemory checkpoint = ramp(unlabelled, 0x77777777);
  const auto scheme = open_scheme(checkpoint.get());
  ASSERT_EQ(scheme->notes().size(), 1);
  EXPECT_THAT(scheme->notes()[0], HasSubstr("'gptq'"));
}

TEST(gptq, columns_of_a_group_may_lie_anywhere) {
  CheckpointInMemory checkpoint = ramp(v1, 0x77777777);
  std::vector<std::int32_t> g_idx(64);
  for (std::size_t c = 0; c < 64; ++c) g_idx[c] = c % 2 == 0 ? 1 : 0;
  checkpoint.add("m.g_idx", i32, {64}, g_idx);

  const std::vector<float> values = checkpoint.read("m", shape);

  for (std::size_t c = 0; c < 64; ++c) {
    const float integer = static_cast<float>(c % 16) - 8;
    EXPECT_EQ(values[c], integer * (c % 2 == 0 ? 2.0f : 1.0f)) << c;
  }
}

TEST(gptq, groups_of_other_lengths_are_refused) {
  CheckpointInMemory checkpoint = ramp(v1, 0x77777777);
  std::vector<std::int32_t> g_idx(64);
  std::fill(g_idx.begin() + 31, g_idx.end(), 1);
  checkpoint.add("m.g_idx", i32, {64}, g_idx);

  expect_error(
      [&] { checkpoint.find("m", shape); }, ErrorKind::corrupt_file,
      AllOf(HasSubstr("m.g_idx"), HasSubstr("column 31 the group 1"), HasSubstr("expected 0")));
}

TEST(gptq, codes_of_3_bits_cross_the_ends_of_words) {
  CheckpointInMemory checkpoint(
      R"({"quant_method": "gptq", "bits": 3, "group_size": 32, "checkpoint_format": "gptq_v2"})");
  std::vector<std::byte> qweight(std::size_t{3 * 32 * 4}), qzeros(std::size_t{3 * 4});
  for (std::size_t row = 0; row < 32; ++row) {
    for (std::size_t c = 0; c < 32; ++c)
      BitWords{3, row, 32}.store(qweight, c, static_cast<std::uint32_t>((row + c) % 8));
  }
  // From the highest bit on: two bits of 2, then 1, 0, 7 ... 1, 0.
  EXPECT_EQ(load_word(qweight, 0), 0b10'001'000'111'110'101'100'011'010'001'000u);
  checkpoint.add_bytes("m.qweight", i32, {3, 32}, qweight);
  checkpoint.add_bytes("m.qzeros", i32, {1, 3}, qzeros);
  checkpoint.add("m.scales", f32, {1, 32}, std::vector<float>(32, 1));

  const std::vector<float> values = checkpoint.read("m", {32, 32});

  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(values[i], static_cast<float>((i / 32 + i % 32) % 8));
}

TEST(gptq, a_row_may_be_one_group) {
  CheckpointInMemory checkpoint =
      ramp(R"({"quant_method": "gptq", "bits": 4, "group_size": -1, "checkpoint_format": "gptq"})",
           0x77777777);
  checkpoint.add("m.qzeros", i32, {1, 4}, std::vector<std::uint32_t>(4, 0x77777777));
  checkpoint.add("m.scales", f32, {1, 32}, std::vector<float>(32, 0.5f));

  const std::vector<float> values = checkpoint.read("m", shape);

  EXPECT_EQ(values[15], 3.5f);
  EXPECT_EQ(values[63], 3.5f);
}

TEST(gptq, a_row_is_written_as_one_group) {
  const auto target = find_target("gptq:4b");
  OrderedJson config;
  Target::Texts texts;
  target->describe({}, config, texts);
  std::vector<float> scales = {0.001f, -0.7f, 0.3f, 0.2f, 0, 0};

  target->share_scales({3, 64}, scales);

  EXPECT_EQ(config["quantization_config"]["group_size"], -1);
  EXPECT_EQ(target->parts("m", shape)[2].shape, (Shape{1, 32}));
  const float first = to_float(to_half(0.7f)), second = to_float(to_half(0.3f));
  EXPECT_EQ(scales, (std::vector<float>{first, first, second, second, 1, 1}));
}

TEST(gptq, blocks_of_a_row_with_other_scales_are_refused) {
  const auto target = find_target("gptq:4b");
  std::vector<std::byte> blocks = blocks_for(*target, shape, random_weight(shape));
  const float other = 0.125f;
  std::memcpy(blocks.data(), &other, sizeof(other));

  expect_error([&] { target->pack(shape, blocks, [](auto) {}); }, ErrorKind::invalid_input,
               HasSubstr("expected one"));
  EXPECT_THAT(target->refuses({32, 48}), HasSubstr("not divisible by 32"));
  expect_error([] { find_target("gptq:4b-asym"); }, ErrorKind::invalid_input,
               HasSubstr("gptq:4b-g128"));
}

TEST(gptq, quantize_config_json_is_enough) {
  CheckpointInMemory checkpoint = ramp(v1, 0x77777777);
  checkpoint.get().texts.clear();
  checkpoint.get().texts["quantize_config.json"] = R"({"bits": 4, "group_size": 32})";

  EXPECT_EQ(checkpoint.read("m", shape)[15], 7);
}

TEST(gptq, what_nybble_cannot_read_is_named) {
  const auto refused = [](const char* config, const char* sentence) {
    CheckpointInMemory checkpoint(config);
    expect_error([&] { checkpoint.find("m", shape); }, ErrorKind::unsupported,
                 AllOf(HasSubstr("config.json"), HasSubstr(sentence)));
  };
  refused(R"({"quant_method": "gptq", "bits": 5})", "5 bits; nybble reads 2, 3, 4 and 8");
  refused(R"({"quant_method": "gptq", "bits": 4, "checkpoint_format": "marlin"})", "'marlin'");
  refused(R"({"quant_method": "exl3"})", "'exl3'; nybble reads gptq, awq, compressed-tensors, fp8");

  CheckpointInMemory checkpoint = ramp(v1, 0x77777777);
  checkpoint.set_config(
      R"({"quant_method": "gptq", "bits": 4, "group_size": 48, "checkpoint_format": "gptq"})");
  expect_error([&] { checkpoint.find("m", shape); }, ErrorKind::unsupported,
               AllOf(HasSubstr("'m' is [32, 64] in groups of 48"), HasSubstr("32 divides")));
}

TEST(gptq, a_group_size_that_is_no_length_is_refused) {
  for (const char* size : {"0", "-2", "1.5"}) {
    CheckpointInMemory checkpoint(
        std::string(R"({"quant_method": "gptq", "bits": 4, "group_size": )") + size + "}");
    expect_error([&] { checkpoint.find("m", shape); }, ErrorKind::corrupt_file,
                 HasSubstr("expected a whole number or -1"));
  }
}

TEST(gptq, blocks_with_more_than_fits_are_told) {
  const auto symmetric = find_target("gptq:4b-g32"), free = find_target("gptq:4b-g32-asym");
  const formats::FormatInfo& format = formats::info(free->format());
  std::vector<std::byte> block(static_cast<std::size_t>(format.block_bytes));
  const float scale = 1 + 0x1p-12f;  // 13 significant bits
  std::memcpy(block.data(), &scale, sizeof(scale));

  EXPECT_FALSE(free->can_store(block));
  EXPECT_FALSE(symmetric->can_store(block));
}

}  // namespace nybble::packing
