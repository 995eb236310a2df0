// The walk of `convert`: any container to GGUF or to a directory in the layout of Hugging Face.
#include "nybble/convert.h"

#include <algorithm>
#include <cmath>

#include "api/directory_output.h"
#include "api/encode_tensor.h"
#include "api/opened_model.h"
#include "api/tensor_stream.h"
#include "base/error.h"
#include "nybble/quantize.h"

namespace nybble {
namespace {

// GGUF's general.file_type of files without quantization, by format. Do not change: stored in
// files.
constexpr std::pair<std::string_view, std::uint32_t> file_types[] = {
    {"F32", 0}, {"F16", 1}, {"BF16", 32}};

// A float type; nothing when none was asked for, or one that has to be rounded to.
std::optional<FormatId> float_format(const std::string& type) {
  const auto format = formats::find_by_name(type);
  if (!format) return std::nullopt;
  const bool is_float = std::ranges::any_of(
      file_types, [&](const auto& known) { return formats::info(*format).name == known.first; });
  return is_float ? format : std::nullopt;
}

// A merged weight stands on no grid any more: it stays the float that it was, or becomes F16.
FormatId merged_format(const models::SourceTensor& tensor) {
  const std::string name(formats::info(tensor.format).name);
  return float_format(name).value_or(id_of<formats::F16>());
}

struct Output {
  explicit Output(std::string_view kind_name) : kind(exports::find(kind_name)) {}
  const exports::ExportKind& kind;
  exports::ExportPlan plan;
  std::vector<OutputTensor> tensors;
};

// In the order of their bits: what may hold the values of a format that a GGUF has not.
constexpr std::string_view gguf_candidates[] = {"MXFP4", "Q4_0", "IQ4_NL", "Q5_0", "Q8_0"};

// The stored type where a GGUF can hold it, else the smallest that holds the values exactly, or
// F16, whose loss of 3e-8 does not show (tests/interop/llama_cpp/packed_directories.md; Q8_0 moved
// the perplexity of NF4 by 0.3 %, of FP4 by 1 %).
FormatId gguf_format(const models::SourceTensor& tensor, ThreadPool& pool) {
  if (tensor.is_merged) return merged_format(tensor);
  if (formats::info(tensor.format).gguf_type >= 0) return tensor.format;
  if (formats::info(tensor.format).block_len == 1 || tensor.shape.cols() % 32 != 0)
    return id_of<formats::F32>();
  for (const std::string_view name : gguf_candidates) {
    const FormatId format = *formats::find_by_name(name);
    if (encode_exactly({{tensor.name, &tensor}, format}, pool)) return format;
  }
  return id_of<formats::F16>();
}

// The stored type where safetensors can hold it, else F32: every format's values are exact in it.
FormatId directory_format(const models::SourceTensor& tensor, const exports::ExportKind& kind) {
  if (tensor.is_merged) return merged_format(tensor);
  return kind.accepts(tensor.format) ? tensor.format : id_of<formats::F32>();
}

Output plan_gguf(const OpenedModel& model, std::optional<FormatId> type) {
  ThreadPool pool(0);
  Output output("gguf");
  output.plan.metadata = gguf_metadata(model);
  std::vector<FormatId> types, matrix_formats;
  for (const models::SourceTensor& tensor : model.source.tensors) {
    const bool is_matrix = tensor.shape.rank() > 1;
    // Other programs expect norms and biases in F32.
    types.push_back(!is_matrix ? id_of<formats::F32>() : type ? *type : gguf_format(tensor, pool));
    if (is_matrix) matrix_formats.push_back(types.back());
    if (is_matrix && tensor.packed != nullptr) tensor.forget();
  }
  output.tensors = gguf_tensors(model.source, types);
  const bool is_uniform =
      !matrix_formats.empty() &&
      std::ranges::all_of(matrix_formats, [&](FormatId f) { return f == matrix_formats[0]; });
  for (const auto& [name, number] : file_types) {
    if (is_uniform && formats::info(matrix_formats[0]).name == name) {
      output.plan.metadata.set("general.file_type", number);
    }
  }
  return output;
}

Output plan_directory(const OpenedModel& model, std::optional<FormatId> type) {
  Output output("safetensors");
  const models::HfModel hf = models::describe_for_hf(model.source);
  FormatId widest = type.value_or(id_of<formats::BF16>());
  for (const models::HfTensor& tensor : hf.tensors) {
    const models::SourceTensor& source = *tensor.source;
    FormatId format = type.value_or(id_of<formats::F32>());
    if (source.shape.rank() > 1 && !type) format = directory_format(source, output.kind);
    if (source.shape.rank() > 1 && widest != id_of<formats::F32>()) widest = format;
    output.tensors.push_back({tensor, format});
  }
  for (OutputTensor& tensor : output.tensors) {
    const models::SourceTensor& source = *tensor.tensor.source;
    if (source.shape.rank() == 1) tensor.format = exact_format(source, widest);
  }
  output.plan = begin_directory(model);
  set_config(hf.config, widest, output.plan);
  return output;
}

// That a float stands exactly in another one goes without saying.
bool is_news(FormatId from, FormatId to, double error) {
  const bool are_floats = formats::info(from).block_len == 1 && formats::info(to).block_len == 1;
  return error > 0 || !are_floats;
}

// Types that have to be rounded to are the work of quantize_model().
ConvertReport quantize_instead(const ConvertRequest& request, const ProgressCallback& progress) {
  QuantizeRequest quantize;
  quantize.input = request.input;
  quantize.output = request.output;
  quantize.type = request.type;
  quantize.method = request.method;
  quantize.calibration = request.calibration;
  quantize.tuning.tokens = request.tuning_tokens;
  quantize.force = request.force;
  quantize.assumed = request.assumed;
  quantize.merge = request.merge;
  quantize.allow_nan = request.allow_nan;
  quantize.allow_requantize = true;
  quantize.max_shard_bytes = request.max_shard_bytes;
  const QuantizeReport done = quantize_model(quantize, progress);
  ConvertReport report;
  report.output = done.output;
  report.bytes = done.file_bytes;
  report.tensors = done.plan.tensors.size();
  report.merged = done.merged.size();
  report.notes = done.source_notes;
  for (std::size_t i = 0; i < done.plan.tensors.size(); ++i) {
    const PlannedTensor& tensor = done.plan.tensors[i];
    const double error = done.relative_errors.at(i);
    const bool is_merged = std::ranges::find(done.merged, tensor.name) != done.merged.end();
    if (is_news(*formats::find_by_name(tensor.from), *formats::find_by_name(tensor.to), error))
      report.converted.push_back({tensor.name, tensor.from, tensor.to, error, is_merged});
  }
  return report;
}

std::vector<ConvertedTensor> converted_tensors(std::span<const OutputTensor> outputs,
                                               std::span<const double> errors) {
  std::vector<ConvertedTensor> converted;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const models::SourceTensor& source = *outputs[i].tensor.source;
    if (!is_news(source.format, outputs[i].format, errors[i])) continue;
    converted.push_back({source.name, std::string(formats::info(source.format).name),
                         std::string(formats::info(outputs[i].format).name), errors[i],
                         source.is_merged});
  }
  return converted;
}

// That a GGUF became larger than what it was made of, and what to do about it.
void note_floats(ConvertReport& report) {
  const auto became_floats = [](const ConvertedTensor& tensor) {
    return !tensor.is_merged && formats::info(*formats::find_by_name(tensor.to)).block_len == 1;
  };
  const auto n = std::ranges::count_if(report.converted, became_floats);
  if (n == 0) return;
  report.notes.push_back(
      fmt::format("no type of a GGUF holds the values of {} linears, so they became floats; a type "
                  "such as Q8_0 or Q4_K_M makes the file smaller",
                  n));
}

}  // namespace

ConvertReport convert_model(const ConvertRequest& request, const ProgressCallback& progress) {
  const std::optional<FormatId> type = float_format(request.type);
  if (!request.type.empty() && !type) return quantize_instead(request, progress);
  ConvertReport report;
  const OpenedModel model = open_merged(request.input, request.assumed, request.merge);
  refuse_overwriting(model, request.output);
  const bool to_gguf = request.output.extension() == ".gguf";
  Output output = to_gguf ? plan_gguf(model, type) : plan_directory(model, type);
  output.plan.path = request.output;
  output.plan.replace = request.force;
  output.plan.max_shard_bytes = request.max_shard_bytes;
  const std::filesystem::path path =
      write_tensors(output.kind, output.plan, output.tensors, quantize::method_named("kquant"),
                    {.step = "convert",
                     .threads = 0,
                     .allow_nan = request.allow_nan,
                     .final_metadata =
                         [&](std::span<const double> errors) {
                           report.converted = converted_tensors(output.tensors, errors);
                           return output.plan.metadata;
                         }},
                    progress);
  report.output = path.string();
  report.merged = merged_names(model.source).size();
  report.notes = model.source.notes;
  if (to_gguf && !type) note_floats(report);
  report.tensors = output.tensors.size();
  report.bytes = files::open_checkpoint(path).file_bytes;
  return report;
}

}  // namespace nybble
