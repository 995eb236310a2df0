// nybble convert: Hugging Face directory to GGUF and back.
#include <fmt/format.h>

#include <memory>

#include "cli/json_report.h"
#include "cli/model_argument.h"
#include "cli/progress_line.h"
#include "cli/quantity.h"
#include "cli/verbs.h"
#include "nybble/convert.h"

namespace nybble::cli {
namespace {

struct ConvertOptions {
  std::string input, output, type, max_shard;
  bool force = false, allow_nan = false, json = false;
};

void execute(const ConvertOptions& options) {
  ConvertRequest request;
  request.input = find_model(options.input);
  request.output = options.output;
  request.type = options.type;
  request.force = options.force;
  request.allow_nan = options.allow_nan;
  if (!options.max_shard.empty())
    request.max_shard_bytes = parse_size(options.max_shard, "--split-max-size");

  ConvertReport report;
  {
    ProgressLine progress;
    report = convert_model(request, progress.callback());
  }
  if (options.json) {
    print_json({{"output", report.output},
                {"bytes", report.bytes},
                {"tensors", report.tensors},
                {"notes", report.notes}});
    return;
  }
  fmt::print("wrote {}: {} tensors, {}\n", report.output, report.tensors, show_bytes(report.bytes));
  for (const std::string& note : report.notes) fmt::print("  note: {}\n", note);
}

}  // namespace

void add_convert(CLI::App& program) {
  auto options = std::make_shared<ConvertOptions>();
  CLI::App* verb = program.add_subcommand(
      "convert", "Hugging Face directory to GGUF, and GGUF to Hugging Face directory");
  verb->add_option("IN", options->input, "Model: directory, GGUF or reference")
      ->type_name("")
      ->required();
  verb->add_option("OUT", options->output, "*.gguf: a GGUF file; anything else: a directory")
      ->type_name("")
      ->required();
  verb->add_option("--type,--outtype", options->type, "F32, BF16 or F16; default: as stored")
      ->type_name("TYPE");
  verb->add_option("--split-max-size", options->max_shard,
                   "Split the output into files of at most this size, e.g. 2G")
      ->type_name("SIZE");
  verb->add_flag("--force", options->force, "Replace an existing output");
  verb->add_flag("--allow-nan", options->allow_nan, "Go on when weights hold NaN or infinity");
  add_json_flag(*verb, options->json);
  verb->footer(
      "Examples:\n"
      "  nybble convert models/tale-6m tale.gguf --type F16\n"
      "  nybble convert tale.gguf tale-hf");
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
