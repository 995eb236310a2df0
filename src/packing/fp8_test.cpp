#include <gtest/gtest.h>

#include "packing/checkpoint_in_memory.h"

namespace nybble::packing {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr FormatId f8 = id_of<formats::F8_E4M3>(), f32 = id_of<formats::F32>();
constexpr auto config = R"({"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic",
                            "weight_block_size": [128, 128]})";

}  // namespace

TEST(fp8, squares_of_128_share_a_scale) {
  CheckpointInMemory checkpoint(config);
  const Shape shape{160, 288};
  checkpoint.add("m.weight", f8, shape,
                 std::vector<std::uint8_t>(static_cast<std::size_t>(shape.count()), 0x38));
  checkpoint.add("m.weight_scale_inv", f32, {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});

  const std::vector<float> values = checkpoint.read("m", shape);

  EXPECT_EQ(values[127 * 288 + 127], 1);
  EXPECT_EQ(values[128], 2);
  EXPECT_EQ(values[287], 3);
  EXPECT_EQ(values[128 * 288], 4);
  EXPECT_EQ(values.back(), 6);
}

TEST(fp8, a_weight_may_have_one_scale) {
  CheckpointInMemory checkpoint(R"({"quant_method": "fp8", "activation_scheme": "static"})");
  checkpoint.add("m.weight", f8, {2, 32}, std::vector<std::uint8_t>(64, 0x38));
  checkpoint.add("m.weight_scale", f32, {}, std::vector<float>{3});
  checkpoint.add("m.input_scale", f32, {}, std::vector<float>{1});

  EXPECT_EQ(checkpoint.read("m", {2, 32})[63], 3);
  EXPECT_EQ(checkpoint.find("m", {2, 32})->parts().size(), 3);
}

TEST(fp8, activations_are_computed_as_the_file_says) {
  const auto weight_of = [](const std::string& rest, std::int64_t squares = 1) {
    CheckpointInMemory checkpoint(R"({"quant_method": "fp8")" + rest + "}");
    checkpoint.add("m.weight", f8, {2, 128}, std::vector<std::uint8_t>(256, 0x38));
    checkpoint.add("m.weight_scale", f32, {}, std::vector<float>{3});
    checkpoint.add("m.weight_scale_inv", f32, {1, squares},
                   std::vector<float>(static_cast<std::size_t>(squares), 3));
    checkpoint.add("m.input_scale", f32, {}, std::vector<float>{0.5f});
    return checkpoint.find("m", {2, 128});
  };
  const auto fixed = weight_of(R"(, "activation_scheme": "static")");
  EXPECT_EQ(fixed->activations, Activations::float8_fixed);
  EXPECT_EQ(fixed->input_scale, 0.5f);
  EXPECT_EQ(weight_of(R"(, "activation_scheme": "dynamic")")->activations,
            Activations::float8_tokens);
  EXPECT_EQ(weight_of(R"(, "activation_scheme": "dynamic", "weight_block_size": [128, 128])")
                ->activations,
            Activations::float8_groups);
  EXPECT_EQ(weight_of(R"(, "activation_scheme": "dynamic", "weight_block_size": [64, 64])", 2)
                ->activations,
            Activations::floats);
  EXPECT_EQ(weight_of("")->activations, Activations::floats);
}

TEST(fp8, other_weights_stay_as_they_are) {
  CheckpointInMemory checkpoint(config);
  checkpoint.add("lm_head.weight", f32, {1, 2}, std::vector<float>(2));

  EXPECT_EQ(checkpoint.find("lm_head", {1, 2}), nullptr);
}

TEST(fp8, what_is_missing_or_unknown_is_named) {
  CheckpointInMemory checkpoint(config);
  checkpoint.add("m.weight", f8, {128, 128}, std::vector<std::uint8_t>(128 * 128));
  expect_error(
      [&] {
        checkpoint.find("m", {128, 128});
      },
      ErrorKind::corrupt_file, HasSubstr("m.weight_scale_inv"));
  checkpoint.add("m.weight_scale_inv", f32, {2, 1}, std::vector<float>(2));
  expect_error(
      [&] {
        checkpoint.find("m", {128, 128});
      },
      ErrorKind::corrupt_file,
      AllOf(HasSubstr("[2, 1]"), HasSubstr("expected"), HasSubstr("[1, 1]")));
  checkpoint.set_config(R"({"quant_method": "fp8", "weight_block_size": [128]})");
  expect_error(
      [&] {
        checkpoint.find("m", {128, 128});
      },
      ErrorKind::corrupt_file, HasSubstr("weight_block_size"));
  checkpoint.set_config(R"({"quant_method": "fp8", "fmt": "e5m2"})");
  expect_error(
      [&] {
        checkpoint.find("m", {128, 128});
      },
      ErrorKind::unsupported, HasSubstr("fmt is 'e5m2', expected 'e4m3'"));
}

}  // namespace nybble::packing
