// What was lost, on the model of the repository: divergence, comparison, receipts, tasks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_check.h"
#include "base/json.h"
#include "base/mapped_file.h"
#include "base/temporary_folder.h"
#include "nybble/compare.h"
#include "nybble/convert.h"
#include "nybble/model.h"
#include "nybble/quantize.h"
#include "nybble/receipt.h"
#include "nybble/tasks.h"

namespace nybble::walk {
namespace {

using testing::HasSubstr;

const std::filesystem::path tale = "models/tale-6m";
const std::filesystem::path stories = "models/tale-6m-eval.txt";

std::filesystem::path quantized(const TemporaryFolder& folder, const std::string& type) {
  QuantizeRequest request;
  request.input = tale;
  request.output = folder / (type + ".gguf");
  request.type = type;
  quantize_model(request);
  return request.output;
}

CompareRequest compare(std::vector<std::filesystem::path> models) {
  CompareRequest request;
  request.reference = tale;
  request.models = std::move(models);
  request.settings.text = stories;
  request.settings.context = 64;
  request.settings.chunks = 8;
  return request;
}

}  // namespace

TEST(compare_walk, tells_more_bits_from_fewer) {
  const TemporaryFolder folder;
  const CompareReport report =
      compare_models(compare({quantized(folder, "Q8_0"), quantized(folder, "Q2_K")}));

  const Divergence& q8 = *report.models[0].measurement.divergence;
  const Divergence& q2 = *report.models[1].measurement.divergence;
  EXPECT_LT(q8.mean.high, q2.mean.low);
  EXPECT_GT(q8.top1.low, q2.top1.high);
  for (const Divergence* d : {&q8, &q2}) {
    EXPECT_GT(d->mean.value, 0);
    EXPECT_LE(d->mean.low, d->mean.value);
    EXPECT_GE(d->mean.high, d->mean.value);
    EXPECT_LE(d->median.value, d->p99.value);
    EXPECT_LE(d->p99.value, d->max);
  }
  EXPECT_EQ(report.floor.same_kernels, 0);
  EXPECT_EQ(report.text.unit, "windows");
  EXPECT_FALSE(report.reference.divergence.has_value());
}

TEST(compare_walk, explains_the_numbers) {
  const TemporaryFolder folder;
  CompareRequest request = compare({quantized(folder, "Q2_K")});
  request.page = folder / "report.html";
  const CompareReport report = compare_models(request);
  const ComparedModel& model = report.models[0];

  std::uint64_t in_histogram = 0, in_positions = 0;
  for (const std::uint64_t n : model.histogram) in_histogram += n;
  for (const auto& bin : model.by_position) in_positions += bin.tokens;
  EXPECT_EQ(in_histogram, report.text.scored_tokens);
  EXPECT_EQ(in_positions, report.text.scored_tokens);
  ASSERT_FALSE(model.worst.empty());
  EXPECT_EQ(model.worst[0].divergence, model.measurement.divergence->max);
  for (const TensorError& tensor : model.tensors) {
    const bool is_exact = tensor.type == "F32";
    EXPECT_EQ(tensor.relative_error == 0, is_exact) << tensor.name;
    EXPECT_LT(tensor.relative_error, 0.2) << tensor.name;
  }
  EXPECT_THAT(read_text_file(folder / "report.html"), HasSubstr("Q2_K"));
  expect_error([&] { compare_models(request); }, ErrorKind::invalid_input,
               HasSubstr("report.html"));
}

TEST(compare_walk, gives_the_same_numbers_for_any_number_of_threads) {
  const TemporaryFolder folder;
  CompareRequest request = compare({quantized(folder, "Q4_K_M")});
  request.settings.compute = Compute::int8;
  request.settings.threads = 1;
  const Measurement one = compare_models(request).models[0].measurement;
  request.settings.threads = 3;
  const Measurement three = compare_models(request).models[0].measurement;

  EXPECT_EQ(one.divergence->mean.value, three.divergence->mean.value);
  EXPECT_EQ(one.divergence->mean.high, three.divergence->mean.high);
  EXPECT_EQ(one.divergence->p999.low, three.divergence->p999.low);
  EXPECT_EQ(one.activations->value, three.activations->value);
  EXPECT_GT(one.activations->high, 0);
}

TEST(compare_walk, refuses_another_vocabulary) {
  const TemporaryFolder folder;
  std::filesystem::copy(tale, folder / "other", std::filesystem::copy_options::recursive);
  Json tokenizer = parse_json(read_text_file(tale / "tokenizer.json"), "tokenizer.json");
  Json& vocab = tokenizer["model"]["vocab"];
  std::swap(vocab["a"], vocab["b"]);
  folder.make("other/tokenizer.json", tokenizer.dump());

  expect_error([&] { compare_models(compare({folder / "other"})); }, ErrorKind::invalid_input,
               AllOf(HasSubstr("in the reference"), HasSubstr("same tokenizer")));
}

TEST(compare_walk, refuses_a_text_shorter_than_a_window) {
  const TemporaryFolder folder;
  folder.make("short.txt", "Once upon a time");
  folder.make("empty.txt", "");
  EvaluateRequest request;
  request.model = tale;
  for (const char* name : {"short.txt", "empty.txt"}) {
    request.settings.text = folder / name;
    expect_error([&] { evaluate_model(request); }, ErrorKind::invalid_input,
                 HasSubstr("at least one window"));
  }
}

TEST(compare_walk, names_a_model_whose_predictions_are_no_numbers) {
  const TemporaryFolder folder;
  std::filesystem::copy(tale, folder / "nan", std::filesystem::copy_options::recursive);
  std::string weights = content_of(tale / "model.safetensors");
  // The last tensor of the file; BF16 0x7fc0 is NaN.
  for (std::size_t i = weights.size() - 512; i < weights.size(); i += 2) weights[i + 1] = '\x7f';
  for (std::size_t i = weights.size() - 512; i < weights.size(); i += 2) weights[i] = '\xc0';
  folder.make("nan/model.safetensors", weights);
  expect_error([&] { compare_models(compare({folder / "nan"})); }, ErrorKind::invalid_input,
               AllOf(HasSubstr("nan"), HasSubstr("expected a number")));
}

TEST(receipts, say_how_a_file_was_made_and_what_was_measured) {
  const TemporaryFolder folder;
  const auto model = quantized(folder, "Q4_K_M");
  const auto weights = [&] { return inspect_model(model).bytes_by_type; };
  const auto before = weights();
  CompareRequest request = compare({model});
  request.stamp = true;
  compare_models(request);
  compare_models(request);  // the same measurement takes the place of the first
  request.settings.context = 128;
  compare_models(request);

  const Json receipt = parse_json(read_receipt(model).json, "receipt");
  EXPECT_EQ(receipt["made"]["recipe"], "Q4_K_M");
  EXPECT_EQ(receipt["made"]["source"]["files"][0]["sha256"],
            "1d6aaaac199135ac25c01220e1078924b6e91dc44a25b7faed260503d35de31a");
  EXPECT_EQ(receipt["tensors"].size(), inspect_model(model).tensors.size());
  EXPECT_GT(receipt["tensors"][0]["relative_error"], 0);
  EXPECT_EQ(receipt["measured"].size(), 2u);
  EXPECT_EQ(receipt["measured"][1]["context"], 128);
  EXPECT_EQ(weights(), before);
}

TEST(receipts, go_on_through_conversion_and_quantizing_again) {
  const TemporaryFolder folder;
  ConvertRequest convert;
  convert.input = quantized(folder, "Q8_0");
  convert.output = folder / "hf";
  convert_model(convert);
  const Json converted = parse_json(read_receipt(folder / "hf").json, "receipt");
  EXPECT_EQ(converted["made"]["recipe"], "Q8_0");

  QuantizeRequest again;
  again.input = folder / "hf";
  again.output = folder / "again.gguf";
  again.type = "Q4_0";
  quantize_model(again);
  const Json twice = parse_json(read_receipt(again.output).json, "receipt");
  EXPECT_EQ(twice["made"]["recipe"], "Q4_0");
  EXPECT_EQ(twice["made"]["source"]["made"]["recipe"], "Q8_0");
}

TEST(receipts, can_be_stamped_into_a_folder_of_safetensors) {
  const TemporaryFolder folder;
  std::filesystem::copy(tale, folder / "hf", std::filesystem::copy_options::recursive);
  expect_error([&] { read_receipt(folder / "hf"); }, ErrorKind::invalid_input,
               HasSubstr("carries no receipt"));
  CompareRequest request = compare({folder / "hf"});
  request.stamp = true;
  compare_models(request);
  const Json receipt = parse_json(read_receipt(folder / "hf").json, "receipt");
  EXPECT_EQ(receipt["measured"][0]["kld"]["value"], 0);
}

TEST(tasks, are_answered_better_by_the_one_that_was_trained_on_them) {
  const TemporaryFolder folder;
  folder.make(
      "tasks.txt",
      "Once upon a time, there was a little girl named\n1\nseven blue.\nLily.\nof the of.\n"
      "quickly under.\n"
      "Tom had a red ball. He liked to play with\n2\nrain if.\nbecause.\nhis ball.\nthe said.\n");
  TaskRequest request;
  request.model = tale;
  request.file = folder / "tasks.txt";
  const TaskReport report = run_tasks(request);
  ASSERT_EQ(report.tasks.size(), 2u);
  EXPECT_EQ(report.accuracy.value, 1);
  EXPECT_EQ(report.tasks[0].chosen, 1);
  EXPECT_EQ(report.tasks[1].chosen, 2);
  EXPECT_DOUBLE_EQ(report.chance, 0.25);

  request.kind = TaskKind::winogrande;
  folder.make("tasks.txt", "0,The cat sat on the mat because the _ was soft.,mat,said,1\n");
  EXPECT_TRUE(run_tasks(request).tasks[0].is_right);
}

}  // namespace nybble::walk
