// What holds for every layout.
#include <gtest/gtest.h>

#include "packing/checkpoint_in_memory.h"

namespace nybble::packing {
namespace {

using testing::HasSubstr;

std::vector<float> decoded(const Target& target, const std::vector<std::byte>& blocks) {
  const formats::FormatInfo& format = formats::info(target.format());
  const std::size_t n = blocks.size() / static_cast<std::size_t>(format.block_bytes);
  std::vector<float> values(n * static_cast<std::size_t>(format.block_len));
  format.decode(blocks.data(), n, values.data());
  for (float& value : values) value *= target.scale();
  return values;
}

class all_targets : public testing::TestWithParam<std::string> {};

}  // namespace

TEST_P(all_targets, what_is_packed_reads_as_the_blocks_were) {
  const auto target = find_target(GetParam());
  const Shape shape{64, 256};
  ASSERT_EQ(target->refuses(shape), "");
  const std::vector<std::byte> blocks = blocks_for(*target, shape, random_weight(shape));

  const CheckpointInMemory checkpoint = packed_by(*target, shape, blocks);

  EXPECT_TRUE(target->can_store(blocks));
  EXPECT_EQ(checkpoint.read("m", shape), decoded(*target, blocks));
}

TEST_P(all_targets, a_weight_of_zeros_stays_so) {
  const auto target = find_target(GetParam());
  const Shape shape{32, 128};
  const std::vector<std::byte> blocks =
      blocks_for(*target, shape, std::vector<float>(static_cast<std::size_t>(shape.count())));

  const std::vector<float> values = packed_by(*target, shape, blocks).read("m", shape);

  EXPECT_EQ(values, std::vector<float>(values.size()));
}

TEST_P(all_targets, every_part_is_missed) {
  const auto target = find_target(GetParam());
  const Shape shape{64, 128};
  const auto blocks = blocks_for(*target, shape, random_weight(shape));
  for (const files::TensorPlan& part : target->parts("m", shape)) {
    if (part.name == "m.g_idx" || part.name == "m.weight_shape") continue;  // may be left away
    if (part.name == "m.qweight") continue;  // then nothing is packed
    CheckpointInMemory checkpoint = packed_by(*target, shape, blocks);
    checkpoint.remove(part.name);

    expect_error([&] { checkpoint.find("m", shape); }, ErrorKind::corrupt_file,
                 HasSubstr(part.name));
  }
}

TEST_P(all_targets, parts_of_another_shape_or_format_are_refused) {
  const auto target = find_target(GetParam());
  const Shape shape{64, 128};
  const auto blocks = blocks_for(*target, shape, random_weight(shape));
  for (const files::TensorPlan& part : target->parts("m", shape)) {
    CheckpointInMemory checkpoint = packed_by(*target, shape, blocks);
    const auto n = static_cast<std::size_t>(part.shape.count());
    checkpoint.add(part.name, id_of<formats::F64>(), part.shape, std::vector<double>(n));
    expect_error([&] { checkpoint.find("m", shape); }, ErrorKind::corrupt_file,
                 testing::AllOf(HasSubstr(part.name), HasSubstr("is F64"), HasSubstr("expected")));

    const Shape longer{part.shape.count() + 1};
    checkpoint.add_bytes(part.name, part.format, longer,
                         std::vector<std::byte>(row_bytes(part.format, longer.cols())));
    expect_error(
        [&] { checkpoint.find("m", shape); }, ErrorKind::corrupt_file,
        testing::AllOf(HasSubstr(part.name), HasSubstr(longer.to_string()), HasSubstr("expected")));
  }
}

TEST_P(all_targets, other_modules_are_not_packed) {
  const auto target = find_target(GetParam());
  const Shape shape{64, 128};
  CheckpointInMemory checkpoint =
      packed_by(*target, shape, blocks_for(*target, shape, random_weight(shape)));
  checkpoint.add("lm_head.weight", id_of<formats::F32>(), {1, 2}, std::vector<float>{1, 2});

  EXPECT_EQ(checkpoint.find("lm_head", {1, 2}), nullptr);
}

INSTANTIATE_TEST_SUITE_P(
    , all_targets, testing::ValuesIn([] {
      std::vector<std::string> names;
      for (const char* bits : {"2", "3", "4", "8"}) {
        for (const char* rest : {"b", "b-g32", "b-g64", "b-g128", "b-g128-asym"})
          names.push_back(std::string("gptq:") + bits + rest);
      }
      for (const char* name :
           {"awq:4b-g32", "awq:4b-g64", "awq:4b-g128", "ct:w4a16-g32", "ct:w4a16-g64",
            "ct:w4a16-g128", "ct:w4a16-g128-asym", "ct:w8a16-g128", "ct:w8a16-g32-asym", "ct:w8a16",
            "ct:w8a8-int8", "ct:fp8", "ct:fp8-block", "ct:mxfp4", "ct:nvfp4"})
        names.emplace_back(name);
      return names;
    }()));

TEST(targets, unknown_ones_are_refused_with_an_example) {
  EXPECT_EQ(find_target("Q4_K_M"), nullptr);
  expect_error([] { find_target("awq:3b-g128"); }, ErrorKind::invalid_input,
               HasSubstr("awq:4b-g128"));
  expect_error([] { find_target("exl2:4b"); }, ErrorKind::invalid_input, HasSubstr("gptq:4b-g128"));
}

}  // namespace nybble::packing
