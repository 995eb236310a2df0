#include "models/int8_linears.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error_check.h"

namespace nybble::models {
namespace {

ModelSource open() {
  return open_model(
      std::make_shared<const files::Checkpoint>(files::open_checkpoint("models/tale-6m")));
}

std::vector<float> row_of(const SourceTensor& tensor, std::int64_t row) {
  std::vector<float> values(static_cast<std::size_t>(tensor.shape.cols()));
  tensor.decode_rows(row, 1, values.data());
  return values;
}

}  // namespace

TEST(int8_linears, round_each_row_to_steps_of_its_largest_magnitude) {
  const ModelSource before = open(), after = with_int8_linears(open());
  for (const std::string name : {"blk.0.attn_q.weight", "blk.3.ffn_down.weight"}) {
    for (const std::int64_t row : {0, 5, 255}) {
      const auto x = row_of(*before.find(name), row), y = row_of(*after.find(name), row);
      float largest = 0;
      for (const float value : x) largest = std::max(largest, std::fabs(value));
      for (std::size_t i = 0; i < x.size(); ++i)
        ASSERT_LE(std::fabs(x[i] - y[i]), 0.5001f * largest / 127) << name << ' ' << i;
    }
    EXPECT_EQ(after.find(name)->activations, Activations::int8_but_outliers);
    EXPECT_EQ(formats::info(after.find(name)->format).name.substr(0, 5), "INT8-");
  }
}

TEST(int8_linears, leave_embedding_and_norms) {
  const ModelSource after = with_int8_linears(open());
  for (const std::string name : {"token_embd.weight", "blk.0.attn_norm.weight"}) {
    EXPECT_NE(after.find(name)->stored, nullptr);
    EXPECT_EQ(after.find(name)->activations, Activations::floats);
  }
}

TEST(int8_linears, need_a_linear_that_can_be_rounded) {
  expect_error(
      [] {
        ModelSource source = open();
        std::erase_if(source.tensors, [](const auto& t) { return t.name.starts_with("blk."); });
        with_int8_linears(source);
      },
      ErrorKind::unsupported, testing::HasSubstr("LLM.int8()"));
}

}  // namespace nybble::models
