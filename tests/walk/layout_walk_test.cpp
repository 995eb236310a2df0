// Layouts of other libraries: what is written opens again, and goes through a GGUF and back without
// a change where the grids allow it.
#include <gtest/gtest.h>

#include "api/opened_model.h"
#include "base/temporary_folder.h"
#include "nybble/convert.h"
#include "nybble/error.h"
#include "nybble/model.h"
#include "nybble/quantize.h"

namespace nybble::walk {
namespace {

const std::filesystem::path tale = "models/tale-6m";

void write_layout(const std::filesystem::path& output, const std::string& layout) {
  QuantizeRequest request;
  request.input = tale;
  request.output = output;
  request.type = layout;
  request.method = "rtn";
  request.threads = 2;
  quantize_model(request);
}

// The largest relative error of what came into another type.
double convert_to(const std::filesystem::path& input, const std::filesystem::path& output,
                  const std::string& type = "") {
  ConvertRequest request;
  request.input = input;
  request.output = output;
  request.type = type;
  double largest = 0;
  for (const ConvertedTensor& tensor : convert_model(request).converted)
    largest = std::max(largest, tensor.relative_error);
  return largest;
}

using Weights = std::map<std::string, std::vector<float>>;

// In nybble's own terms: names and order of rows as in a GGUF.
Weights weights_of(const std::filesystem::path& path) {
  Weights weights;
  for (const models::SourceTensor& tensor : open_for_reading(path).source.tensors) {
    if (tensor.is_scale()) continue;
    auto& values = weights[tensor.name];
    values.resize(static_cast<std::size_t>(tensor.shape.count()));
    tensor.decode_rows(0, tensor.shape.rows(), values.data());
  }
  return weights;
}

class layouts : public testing::TestWithParam<const char*> {};

TEST_P(layouts, go_through_a_gguf_and_back) {
  const TemporaryFolder folder;
  write_layout(folder / "first", GetParam());
  EXPECT_EQ(convert_to(folder / "first", folder / "model.gguf"), 0);
  EXPECT_EQ(convert_to(folder / "model.gguf", folder / "back", GetParam()), 0);

  const Weights first = weights_of(folder / "first");
  EXPECT_TRUE(weights_of(folder / "model.gguf") == first);
  EXPECT_TRUE(weights_of(folder / "back") == first);
}

INSTANTIATE_TEST_SUITE_P(exact, layouts,
                         testing::Values("gptq:4b-g128", "gptq:3b-g64", "gptq:2b-g32-asym",
                                         "gptq:4b", "awq:4b-g64", "ct:w4a16-g32", "ct:w8a16",
                                         "ct:nvfp4", "ct:mxfp4"),
                         [](const auto& layout) {
                           std::string name(layout.param);
                           for (char& c : name) c = std::isalnum(c) ? c : '_';
                           return name;
                         });

}  // namespace

TEST(layout_walk, one_layout_becomes_another_exactly) {
  const TemporaryFolder folder;
  write_layout(folder / "gptq", "gptq:4b-g128");
  EXPECT_EQ(convert_to(folder / "gptq", folder / "ct", "ct:w4a16-g128"), 0);
  EXPECT_EQ(convert_to(folder / "ct", folder / "awq", "awq:4b-g128"), 0);
  EXPECT_EQ(convert_to(folder / "awq", folder / "gptq2", "gptq:4b-g128"), 0);
  EXPECT_TRUE(weights_of(folder / "gptq2") == weights_of(folder / "gptq"));
}

TEST(layout_walk, states_what_a_coarser_grid_loses) {
  const TemporaryFolder folder;
  write_layout(folder / "int8", "bnb:int8");
  const double error = convert_to(folder / "int8", folder / "nf4", "bnb:nf4");
  EXPECT_GT(error, 1e-3);
  EXPECT_LT(error, 2e-2);
}

// Scales that stand beside blocks of NVFP4 belong to these, and go when they go.
TEST(layout_walk, scales_of_weights_are_part_of_the_values_in_other_types) {
  const TemporaryFolder folder;
  write_layout(folder / "nvfp4", "ct:nvfp4");
  convert_to(folder / "nvfp4", folder / "nvfp4.gguf");
  EXPECT_LT(convert_to(folder / "nvfp4.gguf", folder / "q8_0.gguf", "Q8_0"), 1e-3);
  const files::Checkpoint model = files::open_checkpoint(folder / "q8_0.gguf");
  for (const files::NamedTensor& tensor : model.tensors)
    EXPECT_FALSE(tensor.name.ends_with(".scale")) << tensor.name;
}

// The embedding of a quantized GGUF comes out as F32, and so must the model that it is loaded in.
TEST(layout_walk, config_says_the_type_of_what_stays_unquantized) {
  const TemporaryFolder folder;
  convert_to(tale, folder / "q8_0.gguf", "Q8_0");
  convert_to(folder / "q8_0.gguf", folder / "gptq", "gptq:8b-g32");
  const auto texts = files::open_checkpoint(folder / "gptq").texts;
  EXPECT_NE(texts.at("config.json").find("\"torch_dtype\": \"float32\""), std::string::npos);
}

TEST(layout_walk, scales_have_the_type_of_the_model) {
  const TemporaryFolder folder;
  convert_to(tale, folder / "f16", "F16");
  convert_to(folder / "f16", folder / "ct", "ct:w8a8-int8");
  const files::Checkpoint model = files::open_checkpoint(folder / "ct");
  EXPECT_EQ(model.get("model.layers.0.mlp.down_proj.weight_scale").data.format,
            id_of<formats::F16>());
}

TEST(layout_walk, an_inspected_layout_has_the_parameters_of_its_model) {
  const TemporaryFolder folder;
  write_layout(folder / "awq", "awq:4b-g128");
  const ModelSummary summary = inspect_model(folder / "awq");
  EXPECT_EQ(summary.parameters, inspect_model(tale).parameters);
  EXPECT_EQ(summary.tensors.size(), inspect_model(tale).tensors.size());
  EXPECT_FALSE(summary.packing.empty());
}

// Weights that already stand on the grid, as those of a model trained for it, are not rounded.
TEST(layout_walk, finds_the_grid_of_dequantized_weights) {
  const TemporaryFolder folder;
  write_layout(folder / "gptq", "gptq:4b-g32");
  convert_to(folder / "gptq", folder / "floats", "F32");
  QuantizeRequest request;
  request.input = folder / "floats";
  request.output = folder / "q4_0.gguf";
  request.type = "Q4_0";
  const QuantizeReport report = quantize_model(request);
  for (std::size_t i = 0; i < report.plan.tensors.size(); ++i) {
    if (report.plan.tensors[i].to != "Q4_0") continue;
    EXPECT_EQ(report.relative_errors[i], 0) << report.plan.tensors[i].name;
  }
}

TEST(layout_walk, refuses_options_that_choose_types) {
  const TemporaryFolder folder;
  QuantizeRequest request;
  request.input = tale;
  request.output = folder / "x";
  request.type = "gptq:4b-g128";
  request.pure = true;
  EXPECT_THROW(quantize_model(request), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace nybble::walk
