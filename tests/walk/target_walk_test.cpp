// Types found by measuring, for a size.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error_check.h"
#include "base/temporary_folder.h"
#include "nybble/evaluate.h"
#include "nybble/quantize.h"

namespace nybble::walk {
namespace {

QuantizeRequest of_size(const std::filesystem::path& output, double bpw, int threads = 2) {
  QuantizeRequest request;
  request.input = "models/tale-6m";
  request.output = output;
  request.target_bpw = bpw;
  request.method = "rtn";
  request.calibration = {"models/tale-6m-eval.txt"};
  request.threads = threads;
  // Few parts to measure and no lattice to fit: sanitizers make it slow.
  request.probe_windows = 1;
  request.tensor_types = {{"attn|gate", "Q4_K"}};
  return request;
}

TEST(target_walk, fills_the_size_and_loses_less_than_the_recipe_that_fits) {
  const TemporaryFolder folder;
  const QuantizeReport report = quantize_model(of_size(folder / "a.gguf", 4.5));
  EXPECT_LE(report.file_bits_per_weight, 4.5);
  EXPECT_GT(report.file_bits_per_weight, 4.4);
  ASSERT_GT(report.plan.rounds.size(), 1u);
  const auto least = std::ranges::min_element(report.plan.rounds, {}, &SearchRound::divergence);
  EXPECT_LT(least->divergence, report.plan.rounds.front().divergence);
  EXPECT_EQ(least->bytes, report.plan.bytes_after);
  // The plan alone, by another number of threads: the same types.
  const QuantizePlan plan = plan_quantize(of_size({}, 4.5, 1));
  for (std::size_t i = 0; i < plan.tensors.size(); ++i)
    EXPECT_EQ(plan.tensors[i].to, report.plan.tensors[i].to) << plan.tensors[i].name;
}

TEST(target_walk, leaves_alone_what_was_asked_for) {
  QuantizeRequest request = of_size({}, 7);
  request.tensor_types = {{"ffn_(down|up)", "Q8_0"}, {"", "Q4_K"}};
  const QuantizePlan plan = plan_quantize(request);
  for (const PlannedTensor& tensor : plan.tensors) {
    if (tensor.name.find("ffn_down") != std::string::npos) {
      EXPECT_EQ(tensor.to, "Q8_0");
    }
  }
}

TEST(target_walk, says_what_the_smallest_types_take) {
  const TemporaryFolder folder;
  expect_error([&] { quantize_model(of_size(folder / "a.gguf", 1)); }, ErrorKind::invalid_input,
               testing::HasSubstr("the smallest types take"));
}

}  // namespace
}  // namespace nybble::walk
