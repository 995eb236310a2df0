// Random weights in every layout go into the types of a GGUF that hold them, and back, without a
// change.
#include <gtest/gtest.h>

#include "api/encode_tensor.h"
#include "packing/checkpoint_in_memory.h"

namespace nybble {
namespace {

// A weight of a model, as floats.
models::SourceTensor source_of(const Shape& shape, std::vector<float> values) {
  models::SourceTensor tensor;
  tensor.name = "blk.0.ffn_up.weight";
  tensor.values = std::move(values);
  tensor.shape = shape;
  tensor.format = id_of<formats::F32>();
  return tensor;
}

std::vector<float> decoded(FormatId format, float scale, std::span<const std::byte> blocks) {
  const formats::FormatInfo& info = formats::info(format);
  const std::size_t n = blocks.size() / static_cast<std::size_t>(info.block_bytes);
  std::vector<float> values(n * static_cast<std::size_t>(info.block_len));
  info.decode(blocks.data(), n, values.data());
  for (float& value : values) value *= scale;
  return values;
}

// What a type, with a layout or alone, makes of values that it holds; nothing when it does not.
std::optional<std::vector<float>> carried(const Shape& shape, std::vector<float> values,
                                          FormatId format, const packing::Target* layout) {
  ThreadPool pool(1);
  const models::SourceTensor source = source_of(shape, std::move(values));
  const auto blocks = encode_exactly({{source.name, &source}, format, layout}, pool);
  if (!blocks) return std::nullopt;
  if (layout == nullptr) return decoded(format, 1, *blocks);
  return packing::packed_by(*layout, shape, *blocks).read("m", shape);
}

struct Pair {
  const char* layout;
  const char* type;  // of a GGUF
};

class exact_layouts : public testing::TestWithParam<Pair> {};

}  // namespace

TEST_P(exact_layouts, survive_a_gguf) {
  const auto target = packing::find_target(GetParam().layout);
  const FormatId type = *formats::find_by_name(GetParam().type);
  const Shape shape{32, 256};
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::vector<float> weight = packing::random_weight(shape, seed);
    for (float& value : weight) value *= std::ldexp(1.0f, static_cast<int>(seed % 7) - 3);
    const auto blocks = packing::blocks_for(*target, shape, weight);
    const std::vector<float> values = packing::packed_by(*target, shape, blocks).read("m", shape);

    const auto in_gguf = carried(shape, values, type, nullptr);
    ASSERT_TRUE(in_gguf.has_value()) << "seed " << seed;
    EXPECT_EQ(*in_gguf, values) << "seed " << seed;
    const auto back = carried(shape, *in_gguf, target->format(), target.get());
    ASSERT_TRUE(back.has_value()) << "seed " << seed;
    EXPECT_EQ(*back, values) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(
    , exact_layouts,
    testing::Values(Pair{"gptq:4b", "Q4_0"}, Pair{"gptq:4b-g128", "Q4_0"}, Pair{"gptq:3b", "Q4_0"},
                    Pair{"gptq:3b-g64", "Q4_0"}, Pair{"gptq:2b", "Q4_0"},
                    Pair{"gptq:2b-g32", "Q4_0"}, Pair{"gptq:8b", "Q8_0"},
                    Pair{"gptq:8b-g128", "Q8_0"}, Pair{"gptq:2b-g32-asym", "Q4_0"},
                    Pair{"gptq:3b-g64-asym", "Q4_0"}, Pair{"gptq:4b-g128-asym", "Q5_0"},
                    Pair{"awq:4b-g32", "Q5_0"}, Pair{"awq:4b-g128", "Q5_0"},
                    Pair{"ct:w4a16-g32", "Q4_0"}, Pair{"ct:w4a16-g128", "Q4_0"},
                    Pair{"ct:w4a16-g64-asym", "Q5_0"}, Pair{"ct:w8a16-g128", "Q8_0"},
                    Pair{"ct:w8a16", "Q8_0"}, Pair{"ct:w8a8-int8", "Q8_0"},
                    Pair{"ct:mxfp4", "MXFP4"}),
    [](const auto& test) {
      std::string name(test.param.layout);
      for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
      return name;
    });

// No type of a GGUF but F32 holds NF4, FP4, or int8 with a float32 scale. (NVFP4 goes through a
// GGUF as it is, with its scales beside it: layout_walk_test.)
TEST(exact_tables, survive_float32) {
  const Shape shape{32, 256};
  for (const char* name : {"bnb:nf4", "bnb:fp4", "bnb:nf4-dq", "bnb:fp4-dq", "bnb:int8"}) {
    const auto target = packing::find_target(name);
    const auto blocks = packing::blocks_for(*target, shape, packing::random_weight(shape));
    const std::vector<float> values = packing::packed_by(*target, shape, blocks).read("m", shape);
    for (const char* type : {"Q4_0", "IQ4_NL", "Q5_0", "Q8_0"})
      EXPECT_FALSE(carried(shape, values, *formats::find_by_name(type), nullptr)) << name << type;

    const auto back = carried(shape, values, target->format(), target.get());

    ASSERT_TRUE(back.has_value()) << name;
    EXPECT_EQ(*back, values) << name;
  }
}

}  // namespace nybble
