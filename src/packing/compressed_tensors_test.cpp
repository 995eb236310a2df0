#include "packing/compressed_tensors.h"

#include <gtest/gtest.h>

#include <cmath>

#include "packing/compressed_example.h"

namespace nybble::packing {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr FormatId i32 = id_of<formats::I32>(), i8 = id_of<formats::I8>(),
                   f32 = id_of<formats::F32>(), f8 = id_of<formats::F8_E4M3>(),
                   bf16 = id_of<formats::BF16>();

void expect_refused(const CheckpointInMemory& checkpoint, ErrorKind kind,
                    const testing::Matcher<std::string>& sentence) {
  expect_error([&] { checkpoint.find("m", shape); }, kind, sentence);
}

}  // namespace

TEST(compressed_tensors, unknown_words_are_named) {
  const auto refused = [](const std::string& other, std::string_view sentence) {
    expect_refused(ramp(other), ErrorKind::unsupported, HasSubstr(std::string(sentence)));
  };
  refused(config("marlin-24", w4), "format is 'marlin-24'; nybble reads pack-quantized");
  refused(config("pack-quantized", R"({"num_bits": 4, "strategy": "attn_head"})"),
          "strategy is 'attn_head'");
  refused(config("pack-quantized", R"({"num_bits": 9, "strategy": "channel"})"),
          "9 bits of type int, expected 1 to 8");
  refused(config("pack-quantized", R"({"num_bits": 4, "type": "float", "strategy": "channel"})"),
          "4 bits of type float");
  refused(config("pack-quantized", R"({"num_bits": 4, "type": "complex"})"), "type is 'complex'");
  refused(config("float-quantized", w8), "8 bits of type int, expected 8 bits of type float");
  refused(config("pack-quantized", R"({"num_bits": 4, "group_size": 16})"), "1 x 16 values");
  refused(config("pack-quantized", w4, R"(, "transform_config": {"config_groups": {}})"),
          "transform_config");
  refused(config("pack-quantized", w4, R"(, "sparsity_config": {"format": "sparse-24-bitmask"})"),
          "sparsity_config");
}

TEST(compressed_tensors, what_contradicts_itself_is_refused) {
  const auto refused = [](const std::string& other, std::string_view sentence) {
    expect_refused(ramp(other), ErrorKind::corrupt_file, HasSubstr(std::string(sentence)));
  };
  refused(R"({"quant_method": "compressed-tensors"})", "no key 'config_groups'");
  refused(config("pack-quantized", R"({"num_bits": 4, "group_size": 96})"),
          "group_size is 96, expected a divisor of 64");
  refused(config("pack-quantized", R"({"num_bits": 4, "strategy": "group"})"), "group_size");
  refused(config("pack-quantized", R"({"num_bits": 4, "strategy": "block"})"), "block_structure");
  refused(config("pack-quantized", w4, R"(, "ignore": ["m"])"), "'m' is quantized, but");
  refused(config("pack-quantized", w4, R"(, "ignore": ["re:(m"])"),
          "'(m' is no regular expression");
}

TEST(compressed_tensors, a_pattern_that_takes_too_long_is_refused) {
  CheckpointInMemory checkpoint(config("pack-quantized", w4, R"(, "ignore": ["re:(a+)+[bc]"])"));
  const std::string name(200, 'a');
  checkpoint.add(name + ".weight_packed", i32, {1, 1}, std::vector<std::uint32_t>(1));

  expect_error(
      [&] {
        checkpoint.find(name, {1, 8});
      },
      ErrorKind::unsupported, HasSubstr("fails on the module"));
}

TEST(compressed_tensors, codes_without_scales_are_refused) {
  CheckpointInMemory checkpoint(config("int-quantized", w8));
  checkpoint.add("m.weight", i8, {2, 32}, std::vector<std::int8_t>(64));

  expect_error(
      [&] {
        checkpoint.find("m", {2, 32});
      },
      ErrorKind::corrupt_file, HasSubstr("m.weight_scale"));
}

TEST(compressed_tensors, groups_choose_modules_by_name_then_expression_then_class) {
  CheckpointInMemory checkpoint(R"({"quant_method": "compressed-tensors",
    "format": "mixed-precision", "config_groups": {
      "a": {"targets": ["Linear"], "format": "int-quantized",
            "weights": {"num_bits": 8, "strategy": "channel"}},
      "b": {"targets": ["re:.*mlp"], "format": "float-quantized",
            "weights": {"num_bits": 8, "type": "float", "strategy": "channel"}},
      "c": {"targets": ["x.mlp.up"], "format": "pack-quantized",
            "weights": {"num_bits": 8, "strategy": "channel"}}}})");
  const auto add = [&](std::string module, std::string part, FormatId format, std::size_t words) {
    checkpoint.add_bytes(module + part, format, {1, 32},
                         std::vector<std::byte>(static_cast<std::size_t>(row_bytes(format, 32))));
    if (words > 0) checkpoint.add(module + part, format, {1, 8}, std::vector<std::uint32_t>(words));
    checkpoint.add(module + ".weight_scale", bf16, {1, 1}, std::vector<std::uint16_t>{0x3f80});
  };
  add("x.q", ".weight", i8, 0);
  add("x.mlp.down", ".weight", f8, 0);
  add("x.mlp.up", ".weight_packed", i32, 8);

  const Shape one_row{1, 32};
  EXPECT_EQ(checkpoint.read("x.q", one_row)[0], 0);
  EXPECT_EQ(checkpoint.read("x.mlp.down", one_row)[0], 0);
  EXPECT_EQ(checkpoint.read("x.mlp.up", one_row)[0], -128);
}

TEST(compressed_tensors, ignored_modules_stay_as_they_are) {
  CheckpointInMemory checkpoint(
      config("pack-quantized", w4, R"(, "ignore": ["lm_head", "re:.*gate$"])"));
  checkpoint.add("lm_head.weight", f32, {2, 64}, std::vector<float>(128));

  EXPECT_EQ(checkpoint.find("lm_head", shape), nullptr);
}

namespace {

// The module "m", its inputs as QuantizationArgs say.
CheckpointInMemory with_inputs(const std::string& inputs) {
  CheckpointInMemory checkpoint(R"({"quant_method": "compressed-tensors",
    "format": "pack-quantized", "config_groups": {"a": {"targets": ["Linear"],
      "weights": {"num_bits": 4, "strategy": "group", "group_size": 32},
      "input_activations": )" + inputs +
                                "}}}");
  const CheckpointInMemory example = ramp(config("pack-quantized", w4));
  for (const files::NamedTensor& tensor : example.tensors())
    checkpoint.add_bytes(tensor.name, tensor.data.format, tensor.data.shape,
                         {tensor.data.bytes.begin(), tensor.data.bytes.end()});
  return checkpoint;
}

constexpr auto fixed_float8 = R"({"num_bits": 8, "type": "float", "strategy": "tensor"})";

}  // namespace

TEST(compressed_tensors, activations_of_8_bits_are_computed) {
  const auto activations = [](const char* inputs) {
    return with_inputs(inputs).find("m", shape)->activations;
  };
  EXPECT_EQ(activations(R"({"num_bits": 8, "strategy": "token", "dynamic": true})"),
            Activations::int8_tokens);
  EXPECT_EQ(
      activations(R"({"num_bits": 8, "type": "float", "strategy": "token", "dynamic": true})"),
      Activations::float8_tokens);
  EXPECT_EQ(activations(R"({"num_bits": 8, "type": "float", "strategy": "group",
                            "group_size": 128, "dynamic": true})"),
            Activations::float8_groups);
  EXPECT_EQ(activations(R"({"num_bits": 8, "type": "float", "strategy": "group",
                            "group_size": 32, "dynamic": true})"),
            Activations::floats);
  EXPECT_EQ(activations(R"({"num_bits": 8, "strategy": "tensor"})"), Activations::floats);
  EXPECT_EQ(activations("null"), Activations::floats);
}

TEST(compressed_tensors, a_fixed_scale_of_activations_is_read) {
  CheckpointInMemory checkpoint = with_inputs(fixed_float8);
  checkpoint.add("m.input_scale", id_of<formats::F32>(), {1}, std::vector<float>{0.25f});

  const auto weight = checkpoint.find("m", shape);

  EXPECT_EQ(weight->activations, Activations::float8_fixed);
  EXPECT_EQ(weight->input_scale, 0.25f);
}

TEST(compressed_tensors, a_fixed_scale_has_to_be_a_positive_number) {
  CheckpointInMemory checkpoint = with_inputs(fixed_float8);
  expect_error([&] { checkpoint.find("m", shape); }, ErrorKind::corrupt_file,
               HasSubstr("m.input_scale"));
  for (const float scale : {0.0f, -1.0f, INFINITY, NAN}) {
    checkpoint.add("m.input_scale", id_of<formats::F32>(), {1}, std::vector<float>{scale});
    expect_error([&] { checkpoint.find("m", shape); }, ErrorKind::corrupt_file,
                 AllOf(HasSubstr("'m.input_scale'"), HasSubstr("expected a positive number")));
  }
}

TEST(compressed_tensors, other_quantized_activations_are_told) {
  CheckpointInMemory checkpoint(R"({"quant_method": "compressed-tensors",
    "format": "int-quantized", "kv_cache_scheme": {"num_bits": 8}, "config_groups": {
      "a": {"targets": ["Linear"], "weights": {"num_bits": 8, "strategy": "channel"},
            "input_activations": {"num_bits": 4, "type": "float", "strategy": "tensor_group",
                                  "dynamic": "local"}}}})");
  const auto scheme = open_scheme(checkpoint.get());

  EXPECT_THAT(scheme->notes(), ElementsAre(AllOf(HasSubstr("inputs of 4 bits, float"),
                                                 HasSubstr("cache of keys and values"))));
  EXPECT_TRUE(scheme->is_ignored("model.layers.0.self_attn.k_scale"));
  EXPECT_FALSE(scheme->is_ignored("model.layers.0.self_attn.k_proj.weight"));
  EXPECT_EQ(scheme->describe(),
            "compressed-tensors: int-quantized, 8 bits with a scale for each channel");
}

}  // namespace nybble::packing
