// The first walk on the model of the repository: checkpoint to quantized GGUF.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/temporary_folder.h"
#include "nybble/error.h"
#include "nybble/model.h"
#include "nybble/quantize.h"

namespace nybble::walk {
namespace {

const std::filesystem::path tale = "models/tale-6m";

QuantizeReport quantize_tale(const std::filesystem::path& output, const std::string& type,
                             int threads = 2) {
  QuantizeRequest request;
  request.input = tale;
  request.output = output;
  request.type = type;
  request.threads = threads;
  return quantize_model(request);
}

const PlannedTensor& planned(const QuantizePlan& plan, const std::string& name) {
  return *std::ranges::find(plan.tensors, name, &PlannedTensor::name);
}

}  // namespace

TEST(quantize_walk, writes_what_it_planned) {
  const TemporaryFolder folder;

  const QuantizeReport report = quantize_tale(folder / "out.gguf", "Q4_K_M");

  const ModelSummary written = inspect_model(folder / "out.gguf");
  ASSERT_EQ(written.tensors.size(), report.plan.tensors.size());
  for (const TensorSummary& tensor : written.tensors) {
    const PlannedTensor& expected = planned(report.plan, tensor.name);
    EXPECT_EQ(tensor.type, expected.to) << tensor.name;
    EXPECT_EQ(tensor.bytes, expected.bytes_after) << tensor.name;
    EXPECT_EQ(tensor.shape, expected.shape) << tensor.name;
  }
  EXPECT_EQ(written.architecture, "llama");
  EXPECT_EQ(written.problem, "");
  EXPECT_EQ(report.file_bytes, std::filesystem::file_size(folder / "out.gguf"));
}

TEST(quantize_walk, gives_the_same_bytes_for_any_number_of_threads) {
  const TemporaryFolder folder;

  quantize_tale(folder / "one.gguf", "Q2_K", 1);
  quantize_tale(folder / "three.gguf", "Q2_K", 3);

  EXPECT_TRUE(content_of(folder / "one.gguf") == content_of(folder / "three.gguf"));
}

TEST(quantize_walk, directory_and_its_f32_gguf_give_the_same_tensors) {
  const TemporaryFolder folder;
  quantize_tale(folder / "f32.gguf", "F32");
  QuantizeRequest from_gguf;
  from_gguf.input = folder / "f32.gguf";
  from_gguf.output = folder / "from_gguf.gguf";
  from_gguf.type = "Q4_K_M";

  quantize_model(from_gguf);
  quantize_tale(folder / "from_hf.gguf", "Q4_K_M");

  // Metadata may differ in provenance; the data sections must not.
  const std::string a = content_of(folder / "from_gguf.gguf");
  const std::string b = content_of(folder / "from_hf.gguf");
  const QuantizePlan plan = plan_quantize(from_gguf);
  ASSERT_GT(plan.bytes_after, 0u);
  EXPECT_TRUE(a.substr(a.size() - plan.bytes_after) == b.substr(b.size() - plan.bytes_after));
}

TEST(quantize_walk, splits_by_size_or_as_the_input_is) {
  const TemporaryFolder folder;
  quantize_tale(folder / "whole.gguf", "Q4_K_M");
  QuantizeRequest request;
  request.input = tale;
  request.output = folder / "f32.gguf";
  request.type = "F32";
  request.max_shard_bytes = 6 << 20;
  const QuantizeReport by_size = quantize_model(request);
  request = {};
  request.input = by_size.output;
  request.output = folder / "kept.gguf";
  request.type = "Q4_K_M";
  request.keep_split = true;

  const QuantizeReport kept = quantize_model(request);

  EXPECT_GT(by_size.n_files, 2);
  EXPECT_EQ(kept.n_files, by_size.n_files);
  EXPECT_THAT(kept.output, testing::HasSubstr("kept-00001-of-"));
  const ModelSummary before = inspect_model(by_size.output), after = inspect_model(kept.output);
  const auto number = [](const std::string& file) { return file.substr(file.find("-0000")); };
  for (std::size_t i = 0; i < before.tensors.size(); ++i)
    EXPECT_EQ(number(after.tensors[i].file), number(before.tensors[i].file));
  EXPECT_EQ(after.bytes_by_type, inspect_model(folder / "whole.gguf").bytes_by_type);

  request.input = tale;
  EXPECT_THROW(quantize_model(request), Error);  // no split GGUF
}

TEST(quantize_walk, keeps_an_existing_output_without_force) {
  const TemporaryFolder folder;
  std::ofstream(folder / "out.gguf") << "precious";

  EXPECT_THROW(quantize_tale(folder / "out.gguf", "Q8_0"), Error);

  EXPECT_EQ(content_of(folder / "out.gguf"), "precious");
}

TEST(quantize_walk, leaves_nothing_behind_when_cancelled) {
  const TemporaryFolder folder;
  QuantizeRequest request;
  request.input = tale;
  request.output = folder / "out.gguf";
  request.type = "Q8_0";

  const auto stop_half_way = [](const Progress& progress) {
    if (progress.done > progress.total / 2) throw Error(ErrorKind::cancelled, "stopped");
  };

  EXPECT_THROW(quantize_model(request, stop_half_way), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(quantize_walk, refuses_to_quantize_twice_unless_told_to) {
  const TemporaryFolder folder;
  quantize_tale(folder / "q4.gguf", "Q4_0");
  QuantizeRequest again;
  again.input = folder / "q4.gguf";
  again.output = folder / "q2.gguf";
  again.type = "Q2_K";

  EXPECT_THROW(quantize_model(again), Error);
  again.allow_requantize = true;
  EXPECT_NO_THROW(quantize_model(again));
}

TEST(quantize_walk, refuses_to_write_over_its_input) {
  const TemporaryFolder folder;
  quantize_tale(folder / "model.gguf", "F16");
  const std::string before = content_of(folder / "model.gguf");
  QuantizeRequest request;
  request.input = folder / "model.gguf";
  request.output = folder / "model.gguf";
  request.type = "Q8_0";
  request.force = true;

  EXPECT_THROW(quantize_model(request), Error);

  EXPECT_TRUE(content_of(folder / "model.gguf") == before);
}

TEST(quantize_walk, names_the_tensor_and_index_of_a_nan) {
  const TemporaryFolder folder;
  quantize_tale(folder / "f32.gguf", "F32");
  std::string bytes = content_of(folder / "f32.gguf");
  // The last tensor of the file is all floats: make its last value a NaN.
  bytes.replace(bytes.size() - 4, 4, std::string("\x00\x00\xc0\x7f", 4));
  std::ofstream(folder / "nan.gguf", std::ios::binary) << bytes;
  const TensorSummary last = inspect_model(folder / "nan.gguf").tensors.back();
  QuantizeRequest request;
  request.input = folder / "nan.gguf";
  request.output = folder / "out.gguf";
  request.type = "Q8_0";

  try {
    quantize_model(request);
    FAIL() << "a NaN went through";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(last.name));
    EXPECT_THAT(error.what(), testing::HasSubstr("nan"));
    EXPECT_THAT(error.what(), testing::HasSubstr(std::to_string(last.shape.back() - 1)));
  }
  request.allow_nan = true;
  EXPECT_NO_THROW(quantize_model(request));
}

TEST(quantize_walk, lists_every_recipe_it_can_plan) {
  for (const auto& [name, description] : quantize_types()) {
    QuantizeRequest request;
    request.input = tale;
    request.type = name;
    EXPECT_FALSE(description.empty()) << name;
    EXPECT_GT(plan_quantize(request).bits_per_weight, 1) << name;
  }
}

}  // namespace nybble::walk
