// The walk of `convert`: any container to GGUF or to a directory in the layout of Hugging Face.
#include "nybble/convert.h"

#include <algorithm>
#include <cmath>

#include "api/directory_output.h"
#include "api/opened_model.h"
#include "api/tensor_stream.h"
#include "base/error.h"

namespace nybble {
namespace {

// GGUF's general.file_type of files without quantization, by format. Do not change: stored in
// files.
constexpr std::pair<std::string_view, std::uint32_t> file_types[] = {
    {"F32", 0}, {"F16", 1}, {"BF16", 32}};

std::optional<FormatId> requested_format(const std::string& type) {
  if (type.empty()) return std::nullopt;
  const auto format = formats::find_by_name(type);
  if (format) {
    for (const auto& [name, number] : file_types) {
      if (formats::info(*format).name == name) return format;
    }
  }
  fail(ErrorKind::invalid_input,
       "convert cannot write '{}', expected F32, BF16 or F16; `nybble quantize` writes smaller "
       "types",
       type);
}

struct Output {
  explicit Output(std::string_view kind_name) : kind(exports::find(kind_name)) {}
  const exports::ExportKind& kind;
  exports::ExportPlan plan;
  std::vector<OutputTensor> tensors;
};

// The stored type where the output can hold it, else F32: every format's values are exact in it.
FormatId kept_format(const models::SourceTensor& tensor, const exports::ExportKind& kind,
                     ConvertReport& report) {
  if (kind.accepts(tensor.format)) return tensor.format;
  report.notes.push_back(fmt::format("{}: {} became F32, since {} cannot hold it", tensor.name,
                                     formats::info(tensor.format).name, kind.name));
  return id_of<formats::F32>();
}

Output plan_gguf(const OpenedModel& model, std::optional<FormatId> type, ConvertReport& report) {
  Output output("gguf");
  output.plan.metadata = gguf_metadata(model);
  std::vector<FormatId> matrix_formats;
  for (const models::SourceTensor& tensor : model.source.tensors) {
    const bool is_matrix = tensor.shape.rank() > 1;
    // Other programs expect norms and biases in F32.
    const FormatId format = !is_matrix ? id_of<formats::F32>()
                            : type     ? *type
                                       : kept_format(tensor, output.kind, report);
    if (is_matrix) matrix_formats.push_back(format);
    output.tensors.push_back({{tensor.name, &tensor}, format});
  }
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

Output plan_directory(const OpenedModel& model, std::optional<FormatId> type,
                      ConvertReport& report) {
  Output output("safetensors");
  const models::HfModel hf = models::describe_for_hf(model.source);
  FormatId widest = type.value_or(id_of<formats::BF16>());
  for (const models::HfTensor& tensor : hf.tensors) {
    const models::SourceTensor& source = *tensor.source;
    FormatId format = type.value_or(id_of<formats::F32>());
    if (source.shape.rank() > 1 && !type) format = kept_format(source, output.kind, report);
    if (source.shape.rank() > 1) widest = format;
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

}  // namespace

ConvertReport convert_model(const ConvertRequest& request, const ProgressCallback& progress) {
  ConvertReport report;
  const std::optional<FormatId> type = requested_format(request.type);
  const OpenedModel model = open_for_reading(request.input);
  refuse_overwriting(model, request.output);
  const bool to_gguf = request.output.extension() == ".gguf";
  Output output = to_gguf ? plan_gguf(model, type, report) : plan_directory(model, type, report);
  output.plan.path = request.output;
  output.plan.replace = request.force;
  output.plan.max_shard_bytes = request.max_shard_bytes;
  const std::filesystem::path path =
      write_tensors(output.kind, output.plan, output.tensors, quantize::method_named("kquant"),
                    {.step = "convert", .threads = 0, .allow_nan = request.allow_nan}, progress);
  report.output = path.string();
  report.tensors = output.tensors.size();
  report.bytes = files::open_checkpoint(path).file_bytes;
  return report;
}

}  // namespace nybble
