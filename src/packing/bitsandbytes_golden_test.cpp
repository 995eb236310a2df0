// Weights that bitsandbytes quantized (tests/golden/packing/bitsandbytes/make.py) decode to what it
// says itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "packing/double_quantization.h"
#include "packing/packed_in_memory.h"

namespace nybble::packing {
namespace {

struct Golden {
  std::string module;
  Shape shape;
  std::string_view format;
};

struct Values {
  std::vector<float> expected, found;
};

// The rows of a module that the golden file has values of.
Values values_of_module(std::string_view folder, const Golden& golden) {
  const auto checkpoint =
      files::open_checkpoint(fmt::format("tests/golden/packing/bitsandbytes/{}", folder));
  const auto scheme = open_scheme(checkpoint);
  const auto weight = scheme->find(golden.module, golden.shape);
  if (weight == nullptr) throw std::logic_error(golden.module + " is not packed");
  EXPECT_EQ(formats::info(weight->format()).name, golden.format);
  const files::NamedTensor& stated = checkpoint.get("expected." + golden.module);
  Values values{std::vector<float>(static_cast<std::size_t>(stated.data.shape.count())),
                values_of(*weight)};
  std::memcpy(values.expected.data(), stated.data.bytes.data(), stated.data.bytes.size());
  values.found.erase(values.found.begin(),
                     values.found.end() - static_cast<std::ptrdiff_t>(values.expected.size()));
  return values;
}

class FourBits : public testing::TestWithParam<Golden> {};

// == and not the bits: bitsandbytes has both zeros of FP4.
TEST_P(FourBits, decode_exactly) {
  const Values values = values_of_module("4bit", GetParam());

  EXPECT_EQ(values.found, values.expected);
}

INSTANTIATE_TEST_SUITE_P(
    bitsandbytes, FourBits,
    testing::Values(Golden{"nf4", {4, 128}, "NF4"}, Golden{"fp4", {4, 128}, "FP4"},
                    Golden{"nf4_blocks_of_128", {3, 192}, "NF4"},
                    Golden{"nf4_double", {5, 3328}, "NF4"}, Golden{"fp4_double", {2, 256}, "FP4"},
                    Golden{"nf4_across_rows", {4, 48}, "F32"},
                    Golden{"nf4_blocks_of_32", {2, 64}, "F32"},
                    Golden{"fp4_across_rows", {3, 32}, "F32"}, Golden{"nf4_odd", {3, 5}, "F32"},
                    Golden{"nf4_as_bf16", {2, 64}, "NF4"}),
    [](const auto& test) { return test.param.module; });

}  // namespace

// Scales quantized in turn have another offset in nybble's files.
TEST(bitsandbytes_golden, what_is_written_again_has_the_same_bytes) {
  const auto theirs = files::open_checkpoint("tests/golden/packing/bitsandbytes/4bit");
  for (const std::string type : {"nf4", "fp4"}) {
    const auto target = find_target("bnb:" + type);
    const Shape shape{4, 128};
    const auto blocks = blocks_of(*open_scheme(theirs)->find(type, shape));
    PackedInMemory ours("{}");

    ASSERT_TRUE(target->can_store(blocks));
    ours.pack(*target, type, shape, blocks);

    for (const char* part : {"weight", "weight.absmax", "weight.quant_map"}) {
      const std::string name = fmt::format("{}.{}", type, part);
      EXPECT_TRUE(
          std::ranges::equal(ours.checkpoint.get(name).data.bytes, theirs.get(name).data.bytes))
          << name;
    }
  }
}

namespace {

class EightBits : public testing::TestWithParam<Golden> {};

// bitsandbytes rounds code * SCB and then its product with 1/127, itself rounded; nybble rounds
// SCB / 127 and then its product with the code. At most five roundings, of half a last place each.
TEST_P(EightBits, decode_within_roundings) {
  const Values values = values_of_module("int8", GetParam());

  for (std::size_t i = 0; i < values.found.size(); ++i)
    EXPECT_NEAR(values.found[i], values.expected[i], 5 * 0x1p-24 * std::fabs(values.expected[i]));
}

INSTANTIATE_TEST_SUITE_P(bitsandbytes, EightBits,
                         testing::Values(Golden{"wide", {3, 128}, "INT8-G128"},
                                         Golden{"narrow", {3, 40}, "F32"}),
                         [](const auto& test) { return test.param.module; });

}  // namespace

TEST(bitsandbytes_golden, modules_that_are_not_packed_are_left) {
  const auto checkpoint = files::open_checkpoint("tests/golden/packing/bitsandbytes/4bit");

  EXPECT_EQ(open_scheme(checkpoint)->find("plain", {2, 4}), nullptr);
  EXPECT_EQ(open_scheme(checkpoint)->describe(), "bitsandbytes, 4 bits (nf4)");
}

// The table that nybble writes is the table that bitsandbytes wrote, bit for bit.
TEST(bitsandbytes_golden, the_dynamic_map_is_theirs) {
  const auto checkpoint = files::open_checkpoint("tests/golden/packing/bitsandbytes/4bit");
  const auto& map = checkpoint.get("nf4_double.weight.nested_quant_map");

  std::array<float, 256> theirs{};
  std::memcpy(theirs.data(), map.data.bytes.data(), sizeof(theirs));

  EXPECT_EQ(dynamic_map(), theirs);
}

}  // namespace nybble::packing
