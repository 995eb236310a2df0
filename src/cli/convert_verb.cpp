// nybble convert: Hugging Face directory to GGUF and back.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "cli/assume_flag.h"
#include "cli/json_report.h"
#include "cli/measurement_report.h"
#include "cli/model_argument.h"
#include "cli/progress_line.h"
#include "cli/quantity.h"
#include "cli/verbs.h"
#include "nybble/convert.h"

namespace nybble::cli {
namespace {

struct ConvertOptions {
  ConvertRequest request;
  std::string input, output, type_by_place, max_shard, check, merge, tokens;
  bool json = false;
};

// Tensors by where they came from and went to, with what that lost.
struct Passage {
  std::size_t tensors = 0, exact = 0;
  double largest_error = 0;
};

std::map<std::string, Passage> passages_of(const ConvertReport& report) {
  std::map<std::string, Passage> passages;
  for (const ConvertedTensor& tensor : report.converted) {
    const bool stays = tensor.from == tensor.to && !tensor.is_merged;
    const char* with = tensor.is_merged ? " with the adapter" : "";
    Passage& passage = passages[stays ? fmt::format("{} as it was", tensor.to)
                                      : fmt::format("{}{} to {}", tensor.from, with, tensor.to)];
    ++passage.tensors;
    if (tensor.relative_error == 0) ++passage.exact;
    passage.largest_error = std::max(passage.largest_error, tensor.relative_error);
  }
  return passages;
}

void print_passages(const ConvertReport& report) {
  for (const auto& [name, passage] : passages_of(report)) {
    if (passage.exact == passage.tensors) {
      fmt::print("  {}: {} tensors, exact\n", name, passage.tensors);
    } else {
      fmt::print("  {}: {} tensors, {} of them exact, relative error up to {:.2e}\n", name,
                 passage.tensors, passage.exact, passage.largest_error);
    }
  }
}

void print_check(const ConvertRequest& request, const ConversionCheck& check) {
  const auto print = [](const char* what, const Measurement& measurement) {
    const Estimate& mean = measurement.divergence->mean;
    fmt::print("  {}: {:.6f} nats a token, 95 %: {:.6f} to {:.6f}\n", what, mean.value, mean.low,
               mean.high);
  };
  print(request.merge.empty() ? "divergence from the input"
                              : "divergence from the input with the adapter",
        check.output);
  if (check.plain) print("  of a plain merge, without method or calibration", *check.plain);
}

Json to_json(const ConvertReport& report) {
  Json converted = Json::array();
  for (const ConvertedTensor& tensor : report.converted) {
    converted.push_back({{"name", tensor.name},
                         {"from", tensor.from},
                         {"to", tensor.to},
                         {"relative_error", tensor.relative_error},
                         {"merged", tensor.is_merged}});
  }
  return {{"output", report.output}, {"bytes", report.bytes},  {"tensors", report.tensors},
          {"merged", report.merged}, {"converted", converted}, {"notes", report.notes}};
}

void execute(ConvertOptions& options) {
  ConvertRequest& request = options.request;
  request.input = find_model(options.input);
  request.output = options.output;
  request.merge = options.merge;
  if (!options.tokens.empty()) request.tuning_tokens = parse_count(options.tokens, "--tokens");
  if (!options.type_by_place.empty()) request.type = options.type_by_place;
  if (!options.max_shard.empty())
    request.max_shard_bytes = parse_size(options.max_shard, "--split-max-size");

  ConvertReport report;
  {
    ProgressLine progress;
    report = convert_model(request, progress.callback());
  }
  std::optional<ConversionCheck> checked;
  if (!options.check.empty()) {
    ProgressLine progress;
    checked = check_conversion(request, report, options.check, progress.callback());
  }
  if (options.json) {
    Json json = to_json(report);
    if (checked) json["check"] = cli::to_json(checked->output);
    if (checked && checked->plain) json["plain_merge"] = cli::to_json(*checked->plain);
    print_json(json);
    return;
  }
  fmt::print("wrote {}: {} tensors, {}\n", report.output, report.tensors, show_bytes(report.bytes));
  if (report.merged > 0)
    fmt::print("  merged {} into {} linears\n", request.merge.string(), report.merged);
  print_passages(report);
  for (const std::string& note : report.notes) fmt::print("  note: {}\n", note);
  if (checked) print_check(request, *checked);
}

}  // namespace

void add_convert(CLI::App& program) {
  auto options = std::make_shared<ConvertOptions>();
  CLI::App* verb = program.add_subcommand(
      "convert", "From any layout to any other; exact where the grids allow it");
  verb->add_option("IN", options->input, "Model: directory, GGUF or reference")
      ->type_name("")
      ->required();
  verb->add_option("OUT", options->output, "*.gguf: a GGUF file; anything else: a directory")
      ->type_name("")
      ->required();
  verb->add_option("TYPE", options->type_by_place, "The same as --type")->type_name("");
  ConvertRequest& request = options->request;
  verb->add_option(
          "--type,--outtype", request.type,
          "F32, BF16, F16, or any type of `nybble quantize`, such as Q4_0 or gptq:4b-g128; "
          "default: as stored, in a GGUF the smallest type that holds the values exactly")
      ->type_name("TYPE");
  verb->add_option("--method", request.method, "How values are rounded that have to be")
      ->type_name("METHOD");
  verb->add_option("--calibration,--imatrix", request.calibration,
                   "Texts or statistics, for methods that need them")
      ->type_name("TEXT|STATS");
  verb->add_option("--tokens", options->tokens,
                   "Tokens that methods with +tune learn from; default: 300k")
      ->type_name("N");
  verb->add_option("--merge", options->merge,
                   "An adapter (LoRA) of PEFT: W + scale B A is computed in float32 and rounded "
                   "once; default of TYPE then: floats stay, what was quantized becomes F16")
      ->type_name("DIR");
  verb->add_option("--check", options->check,
                   "Then measure the divergence from IN (with the adapter of --merge) on this text")
      ->type_name("TEXT");
  verb->add_option("--split-max-size", options->max_shard,
                   "Split the output into files of at most this size, e.g. 2G")
      ->type_name("SIZE");
  add_assume_flag(*verb, request.assumed);
  verb->add_flag("--force", request.force, "Replace an existing output");
  verb->add_flag("--allow-nan", request.allow_nan, "Go on when weights hold NaN or infinity");
  add_json_flag(*verb, options->json);
  verb->footer(
      "Examples:\n"
      "  nybble convert models/tale-6m tale.gguf --type F16\n"
      "  nybble convert tale.gguf tale-hf\n"
      "  nybble convert model-gptq model.gguf --check book.txt\n"
      "  nybble convert model-awq model-ct ct:w4a16-g128\n"
      "  nybble convert model.gguf merged.gguf Q4_K_M --merge my-lora --method best --check "
      "book.txt");
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
