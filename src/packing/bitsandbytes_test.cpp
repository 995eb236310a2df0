// Reading and writing layouts of bitsandbytes.
#include "packing/bitsandbytes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/error_check.h"
#include "formats/all.h"
#include "packing/packed_in_memory.h"

namespace nybble::packing {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// The example of docs/formats/bitsandbytes.md: two rows of 64, the first with codes.
class Nf4Example : public testing::Test {
 public:
  Nf4Example() : model(R"({"quant_method": "bitsandbytes", "load_in_4bit": true})") {
    std::vector<std::uint8_t> codes(64, 0x77);
    codes[0] = 0xf0;
    codes[63] = 0x7e;
    model.put<formats::U8>("m.weight", {64, 1}, codes);
    model.put<formats::F32>("m.weight.absmax", {2}, std::vector<float>{2, 0.5f});
    model.put<formats::F32>("m.weight.quant_map", {16},
                            std::vector<float>(std::begin(formats::nf4_levels.value),
                                               std::end(formats::nf4_levels.value)));
    state(R"({"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [2, 64]})");
  }
  void state(const std::string& text) {
    model.put_text("m.weight.quant_state.bitsandbytes__nf4", text);
  }
  std::shared_ptr<const PackedWeight> find(const Shape& shape = {2, 64}) const {
    return open_scheme(model.checkpoint)->find("m", shape);
  }
  void expect_corrupt(const testing::Matcher<std::string>& sentence) const {
    expect_error([&] { find(); }, ErrorKind::corrupt_file, sentence);
  }
  PackedInMemory model;
};

class Int8Example : public testing::Test {
 public:
  Int8Example() : model(R"({"quant_method": "bitsandbytes", "load_in_8bit": true})") {
    std::vector<std::int8_t> codes(64, 0);
    codes[0] = 127, codes[31] = -127, codes[32] = 1, codes[33] = -128;
    model.put<formats::I8>("m.weight", {2, 32}, codes);
    model.put<formats::F32>("m.SCB", {2}, std::vector<float>{2, 127});
    model.put<formats::U8>("m.weight_format", {}, std::vector<std::uint8_t>{0});
  }
  PackedInMemory model;
};

std::vector<float> random_values(std::int64_t n, int seed) {
  std::mt19937 random(static_cast<unsigned>(seed));
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = normal(random) * 0.02f * static_cast<float>(1 + i / 64 % 7);
  return values;
}

// As the walk does: scales that blocks choose, what the target makes of them, codes for these.
std::vector<std::byte> encode(const Target& target, const Shape& shape,
                              const std::vector<float>& values) {
  const formats::FormatInfo& format = formats::info(target.format());
  const std::size_t n = values.size() / static_cast<std::size_t>(format.block_len);
  std::vector<std::byte> blocks(n * static_cast<std::size_t>(format.block_bytes));
  format.encode(values.data(), nullptr, n, blocks.data());
  if (!target.shares_scales()) return blocks;
  std::vector<float> scales(n);
  format.scales(blocks.data(), n, scales.data());
  target.share_scales(shape, scales);
  format.encode_at(values.data(), scales.data(), n, blocks.data());
  return blocks;
}

// The config.json that a target writes for a model.
OrderedJson config_of(const Target& target) {
  OrderedJson config{{"dtype", "bfloat16"}};
  Target::Texts texts;
  target.describe(std::vector<std::string>{"model.layers.0.mlp.down_proj"}, config, texts);
  return config;
}

}  // namespace

TEST_F(Nf4Example, decodes_as_the_page_says) {
  const auto weight = find();
  const std::vector<float> values = values_of(*weight);

  EXPECT_EQ(values[0], 2.0f);
  EXPECT_EQ(values[1], -2.0f);
  EXPECT_EQ(values[2], 0.0f);
  EXPECT_EQ(values[126], 0.0f);
  EXPECT_EQ(values[127], 0.5f * 0.7229568362236023f);
  EXPECT_EQ(weight->parts().size(), 4u);
}

TEST_F(Nf4Example, decodes_quantized_scales) {
  std::vector<float> map(256);
  map[3] = 0.25f;
  model.put<formats::U8>("m.weight.absmax", {2}, std::vector<std::uint8_t>{3, 4});
  model.put<formats::F32>("m.weight.nested_absmax", {1}, std::vector<float>{8});
  model.put<formats::F32>("m.weight.nested_quant_map", {256}, map);
  state(
      R"({"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [2, 64],
          "nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": 1.5})");

  const std::vector<float> values = values_of(*find());

  EXPECT_EQ(values[0], 3.5f);  // 0.25 * 8 + 1.5
  EXPECT_EQ(values[127], 1.5f * 0.7229568362236023f);
}

TEST_F(Nf4Example, refuses_missing_parts) {
  model.remove("m.weight.absmax");
  expect_corrupt(HasSubstr("expected a tensor 'm.weight.absmax', found none"));
}

TEST_F(Nf4Example, refuses_codes_without_a_state) {
  model.remove("m.weight.quant_state.bitsandbytes__nf4");
  expect_corrupt(AllOf(HasSubstr("'m.weight' has codes (U8 [64, 1])"),
                       HasSubstr("expected 'm.weight.quant_state.bitsandbytes__nf4'")));
}

TEST_F(Nf4Example, refuses_other_sizes) {
  model.put<formats::U8>("m.weight", {63, 1}, std::vector<std::uint8_t>(63));
  expect_corrupt(HasSubstr("'m.weight' is U8 [63, 1], expected U8 [64, 1]"));
}

TEST_F(Nf4Example, refuses_other_numbers_of_scales) {
  model.put<formats::F32>("m.weight.absmax", {3}, std::vector<float>(3));
  expect_corrupt(HasSubstr("'m.weight.absmax' is F32 [3], expected F32 [2]"));
}

TEST_F(Nf4Example, refuses_other_levels) {
  model.put<formats::F32>("m.weight.quant_map", {16}, std::vector<float>(16));
  expect_corrupt(HasSubstr("has level 0 of code 0, expected -1 as in nf4"));
}

TEST_F(Nf4Example, refuses_states_that_do_not_fit) {
  const std::string where = "model: 'm.weight.quant_state.bitsandbytes__nf4'";
  state("{");
  expect_corrupt(HasSubstr(where));
  state("[1]");
  expect_corrupt(HasSubstr(where + ": expected an object"));
  state(R"({"quant_type": "fp4"})");
  expect_corrupt(HasSubstr("quant_type is 'fp4', expected 'nf4'"));
  state(R"({"quant_type": "nf4", "blocksize": 64})");
  expect_corrupt(HasSubstr("shape is missing, expected [2, 64]"));
  state(R"({"quant_type": "nf4", "blocksize": 64, "shape": [64, 2]})");
  expect_corrupt(HasSubstr("shape is [64,2], expected [2, 64]"));
  state(R"({"quant_type": "nf4", "blocksize": 0, "shape": [2, 64]})");
  expect_corrupt(HasSubstr("blocksize is 0, expected at least 1"));
  state(R"({"quant_type": "nf4", "blocksize": 1e99, "shape": [2, 64]})");
  expect_corrupt(HasSubstr("blocksize"));
  state(std::string(100000, ' '));
  expect_corrupt(HasSubstr("at most 65536 bytes"));
}

TEST_F(Nf4Example, refuses_offsets_that_are_no_floats) {
  model.put<formats::U8>("m.weight.absmax", {2}, std::vector<std::uint8_t>{3, 4});
  model.put<formats::F32>("m.weight.nested_absmax", {1}, std::vector<float>{8});
  model.put<formats::F32>("m.weight.nested_quant_map", {256}, std::vector<float>(256));
  state(
      R"({"quant_type": "nf4", "blocksize": 64, "shape": [2, 64], "nested_blocksize": 256,
          "nested_offset": 1e300})");
  expect_corrupt(HasSubstr("nested_offset is 1e+300, expected a float"));
}

TEST_F(Int8Example, decodes_as_the_page_says) {
  const auto weight = open_scheme(model.checkpoint)->find("m", {2, 32});
  const std::vector<float> values = values_of(*weight);

  EXPECT_EQ(formats::info(weight->format()).name, "INT8-G32");
  EXPECT_EQ(values[0], 2.0f / 127 * 127);
  EXPECT_EQ(values[31], -values[0]);
  EXPECT_EQ(values[32], 1.0f);
  EXPECT_EQ(values[33], -128.0f);
  EXPECT_EQ(weight->parts().size(), 3u);
}

TEST_F(Int8Example, refuses_other_orders_of_codes) {
  model.put<formats::U8>("m.weight_format", {}, std::vector<std::uint8_t>{2});

  expect_error(
      [&] {
        open_scheme(model.checkpoint)->find("m", {2, 32});
      },
      ErrorKind::unsupported, HasSubstr("'m.weight_format' is 2; nybble reads 0"));
}

TEST_F(Int8Example, refuses_other_sizes) {
  model.put<formats::F32>("m.SCB", {1}, std::vector<float>{2});

  expect_error(
      [&] {
        open_scheme(model.checkpoint)->find("m", {2, 32});
      },
      ErrorKind::corrupt_file, HasSubstr("'m.SCB' is F32 [1], expected F32 [2]"));
}

class Targets : public testing::TestWithParam<const char*> {};

TEST_P(Targets, read_back_the_blocks_that_were_packed) {
  const auto target = find_target(fmt::format("bnb:{}", GetParam()));
  const Shape shape{96, 320};
  const auto blocks = encode(*target, shape, random_values(shape.count(), 1));
  PackedInMemory model(config_of(*target)["quantization_config"].dump());

  model.pack(*target, "m", shape, blocks);
  const auto weight = open_scheme(model.checkpoint)->find("m", shape);

  ASSERT_NE(weight, nullptr);
  const std::size_t n = weight->parts().size();
  EXPECT_EQ(n, target->parts("m", shape).size());
  std::vector<float> expected(static_cast<std::size_t>(shape.count()));
  const formats::FormatInfo& format = formats::info(target->format());
  format.decode(blocks.data(), expected.size() / static_cast<std::size_t>(format.block_len),
                expected.data());
  EXPECT_EQ(values_of(*weight), expected);
}

TEST_P(Targets, refuse_rows_that_blocks_do_not_divide) {
  const auto target = find_target(fmt::format("bnb:{}", GetParam()));

  EXPECT_EQ(target->refuses({8, 128}), "");
  EXPECT_THAT(target->refuses({8, 80}), HasSubstr("rows of 80 are not divisible by"));
}

INSTANTIATE_TEST_SUITE_P(bitsandbytes, Targets,
                         testing::Values("nf4", "nf4-dq", "fp4", "fp4-dq", "int8"));

TEST(bitsandbytes_targets, say_what_transformers_reads) {
  const OrderedJson nf4 = config_of(*find_target("bnb:nf4-dq"))["quantization_config"];
  const OrderedJson int8 = config_of(*find_target("bnb:int8"))["quantization_config"];

  EXPECT_EQ(nf4["quant_method"], "bitsandbytes");
  EXPECT_EQ(nf4["load_in_4bit"], true);
  EXPECT_EQ(nf4["bnb_4bit_use_double_quant"], true);
  EXPECT_EQ(nf4["bnb_4bit_compute_dtype"], "bfloat16");
  EXPECT_EQ(nf4["llm_int8_skip_modules"].dump(), R"(["lm_head","model.layers.0.mlp.down_proj"])");
  EXPECT_EQ(int8["load_in_8bit"], true);
  EXPECT_EQ(int8["load_in_4bit"], false);
}

TEST(bitsandbytes_targets, fp4_is_named_where_nf4_would_be) {
  const auto target = find_target("bnb:fp4");

  EXPECT_EQ(config_of(*target)["quantization_config"]["bnb_4bit_quant_type"], "fp4");
  EXPECT_EQ(target->parts("m", {2, 64})[3].name, "m.weight.quant_state.bitsandbytes__fp4");
}

TEST(bitsandbytes_targets, others_are_refused) {
  for (const char* name : {"bnb:fp8", "bnb:fp4-", "bnb:-dq", "bnb:int8-dq", "bnb:nf4-dq-dq"}) {
    expect_error([&] { find_target(name); }, ErrorKind::invalid_input, HasSubstr("bnb:nf4"));
  }
}

TEST(bitsandbytes_targets, int8_gives_a_row_one_scale_that_covers_it) {
  const auto target = find_target("bnb:int8");
  std::vector<float> scales{0.5f, -2, 1, 0, 0, 0.25f};

  target->share_scales({2, 96}, scales);

  for (int i = 0; i < 3; ++i) EXPECT_EQ(scales[static_cast<std::size_t>(i)], 256.0f / 127);
  for (int i = 3; i < 6; ++i) EXPECT_EQ(scales[static_cast<std::size_t>(i)], 32.0f / 127);
}

TEST(bitsandbytes_targets, refuse_scales_that_were_not_shared) {
  for (const auto& [name, expected] :
       {std::pair{"bnb:nf4-dq", "no double quantization"},
        std::pair{"bnb:fp4-dq", "no double quantization"}, std::pair{"bnb:int8", "in all its"}}) {
    const auto target = find_target(name);
    const Shape shape{8, 512};
    const auto values = random_values(shape.count(), 3);
    const formats::FormatInfo& format = formats::info(target->format());
    const std::size_t n = values.size() / static_cast<std::size_t>(format.block_len);
    std::vector<std::byte> blocks(n * static_cast<std::size_t>(format.block_bytes));
    format.encode(values.data(), nullptr, n, blocks.data());

    expect_error([&] { target->pack(shape, blocks, [](auto) {}); }, ErrorKind::invalid_input,
                 HasSubstr(expected));
  }
}

}  // namespace nybble::packing
