// Speed of a model: what the report says of each test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_check.h"
#include "base/temporary_folder.h"
#include "nybble/bench.h"
#include "nybble/quantize.h"

namespace nybble::walk {
namespace {

BenchRequest small(const std::filesystem::path& model) {
  BenchRequest request;
  request.model = model;
  request.prompts = {8};
  request.generations = {4};
  request.depths = {0, 16};
  request.repetitions = 2;
  return request;
}

}  // namespace

TEST(bench_walk, times_prompts_and_generation_at_each_depth) {
  const TemporaryFolder folder;
  QuantizeRequest quantize;
  quantize.input = "models/tale-6m";
  quantize.output = folder / "q4.gguf";
  quantize.type = "Q4_0";
  quantize_model(quantize);

  const BenchReport report = bench_model(small(folder / "q4.gguf"));

  std::vector<std::string> names;
  for (const BenchRow& row : report.rows) names.push_back(row.test);
  EXPECT_THAT(names, testing::ElementsAre("pp8", "tg4", "pp8 @ d16", "tg4 @ d16"));
  for (const BenchRow& row : report.rows) {
    EXPECT_GT(row.tokens_per_second, 0) << row.test;
    EXPECT_GE(row.best, row.tokens_per_second) << row.test;
    EXPECT_GT(row.percent_of_peak, 0) << row.test;
  }
  EXPECT_GT(report.peak_int8_macs, 0);
  EXPECT_GT(report.peak_float_macs, 0);
  EXPECT_GT(report.peak_read_bytes, 0);
  EXPECT_EQ(report.type, "Q4_0");
}

TEST(bench_walk, refuses_more_tokens_than_the_context_holds) {
  BenchRequest request = small("models/tale-6m");
  request.prompts = {1 << 20};
  expect_error([&] { bench_model(request); }, ErrorKind::invalid_input,
               testing::HasSubstr("does not fit the model's context"));
}

}  // namespace nybble::walk
