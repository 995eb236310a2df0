#include "packing/awq_gemm.h"

#include <gtest/gtest.h>

#include "packing/checkpoint_in_memory.h"

namespace nybble::packing {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr FormatId i32 = id_of<formats::I32>(), f16 = id_of<formats::F16>();
constexpr auto config =
    R"({"quant_method": "awq", "bits": 4, "group_size": 32, "zero_point": true, "version": "gemm"})";
const Shape shape{8, 32};

// The module "m" with the word of docs/formats/awq.md for all inputs.
CheckpointInMemory example() {
  CheckpointInMemory checkpoint(config);
  checkpoint.add("m.qweight", i32, {32, 1}, std::vector<std::uint32_t>(32, 0x75316420));
  checkpoint.add("m.qzeros", i32, {1, 1}, std::vector<std::uint32_t>{0x00000001});
  checkpoint.add("m.scales", f16, {1, 8}, std::vector<std::uint16_t>(8, 0x3800));
  return checkpoint;
}

}  // namespace

TEST(awq, nibbles_hold_even_outputs_then_odd_ones) {
  const std::vector<float> values = example().read("m", shape);

  EXPECT_EQ(values[0], 0.5f * (0 - 1));
  for (std::size_t row = 1; row < 8; ++row)
    EXPECT_EQ(values[row * 32 + 5], 0.5f * static_cast<float>(row)) << row;
}

TEST(awq, the_names_of_versions_are_of_either_case) {
  CheckpointInMemory checkpoint = example();
  checkpoint.set_config(
      R"({"quant_method": "awq", "bits": 4, "group_size": 32, "version": "GEMM"})");

  EXPECT_NE(checkpoint.find("m", shape), nullptr);
}

TEST(awq, a_row_may_be_one_group) {
  CheckpointInMemory checkpoint = example();
  checkpoint.set_config(R"({"quant_method": "awq", "bits": 4, "group_size": -1})");

  EXPECT_EQ(checkpoint.read("m", shape), example().read("m", shape));
}

TEST(awq, what_nybble_cannot_read_is_named) {
  const auto refused = [](const char* other, const char* sentence) {
    CheckpointInMemory checkpoint = example();
    checkpoint.set_config(other);
    expect_error([&] { checkpoint.find("m", shape); }, ErrorKind::unsupported, HasSubstr(sentence));
  };
  refused(R"({"quant_method": "awq", "bits": 4, "version": "gemv"})",
          "AWQ of version 'gemv', expected 'gemm'");
  refused(R"({"quant_method": "awq", "bits": 3})", "AWQ with 3 bits, expected 4");
  refused(R"({"quant_method": "awq", "bits": 4, "group_size": 24})", "[8, 32] in groups of 24");
  refused(R"({"quant_method": "awq", "bits": 4, "group_size": 64})", "[8, 32] in groups of 64");
}

TEST(awq, zero_points_beyond_the_codes_are_not_written) {
  const auto target = find_target("awq:4b-g32");
  std::vector<std::byte> blocks = blocks_for(*target, shape, random_weight(shape));
  EXPECT_TRUE(target->can_store(blocks));
  const std::int32_t zero_point = 16;
  std::memcpy(blocks.data() + sizeof(float), &zero_point, sizeof(zero_point));

  EXPECT_FALSE(target->can_store(blocks));
  expect_error([&] { target->pack(shape, blocks, [](auto) {}); }, ErrorKind::unsupported,
               AllOf(HasSubstr("row 0, group 0"), HasSubstr("16, expected 0 to 15")));
}

TEST(awq, config_names_what_is_not_packed) {
  OrderedJson written;
  Target::Texts texts;
  find_target("awq:4b-g64")->describe(std::vector<std::string>{"lm_head"}, written, texts);

  const OrderedJson expected = {{"quant_method", "awq"}, {"bits", 4},
                                {"group_size", 64},      {"zero_point", true},
                                {"version", "gemm"},     {"modules_to_not_convert", {"lm_head"}}};
  EXPECT_EQ(written["quantization_config"], expected);
}

}  // namespace nybble::packing
