// nybble calibrate: statistics of a model on texts, for quantizing with care.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/json_report.h"
#include "cli/model_argument.h"
#include "cli/progress_line.h"
#include "cli/quantity.h"
#include "cli/verbs.h"
#include "nybble/calibrate.h"

namespace nybble::cli {
namespace {

struct CalibrateOptions {
  ModelArgument model;
  CalibrateRequest request;
  std::string memory;
  bool diagonal = false, json = false;
};

double tokens_per_column(const InputCoverage& input) {
  return static_cast<double>(input.tokens) / input.cols;
}

Json to_json(const CalibrateReport& report) {
  Json inputs = Json::array();
  for (const InputCoverage& input : report.inputs) {
    inputs.push_back({{"weights", input.weights},
                      {"columns", input.cols},
                      {"tokens", input.tokens},
                      {"tokens_per_column", tokens_per_column(input)},
                      {"dead_columns", input.dead}});
  }
  return {{"tokens", report.tokens},
          {"windows", report.windows},
          {"file_bytes", report.file_bytes},
          {"seconds", report.seconds},
          {"inputs", inputs}};
}

void print(const CalibrateOptions& options, const CalibrateReport& report) {
  fmt::print("{} tokens in {} windows, {} inputs of linears\n", report.tokens, report.windows,
             report.inputs.size());
  const auto thinnest = std::ranges::min_element(report.inputs, {}, tokens_per_column);
  if (thinnest != report.inputs.end()) {
    fmt::print("coverage: {:.1f} tokens a column at least ({})\n", tokens_per_column(*thinnest),
               thinnest->weights.front());
  }
  for (const InputCoverage& input : report.inputs) {
    if (input.dead == 0) continue;
    fmt::print("  {}: {} of {} columns were never active\n", input.weights.front(), input.dead,
               input.cols);
  }
  fmt::print("wrote {}: {}, {}\n", options.request.output.string(), show_bytes(report.file_bytes),
             show_seconds(report.seconds));
}

void execute(CalibrateOptions& options) {
  options.request.model = find_model(options.model);
  options.request.moments = !options.diagonal;
  if (!options.memory.empty())
    options.request.settings.memory_bytes = parse_size(options.memory, "--memory");
  CalibrateReport report;
  {
    ProgressLine progress;
    report = calibrate_model(options.request, progress.callback());
  }
  if (options.json) {
    print_json(to_json(report));
  } else {
    print(options, report);
  }
}

}  // namespace

void add_calibrate(CLI::App& program) {
  auto options = std::make_shared<CalibrateOptions>();
  CLI::App* verb = program.add_subcommand(
      "calibrate", "Statistics of a model on texts, for quantizing with care");
  CalibrateSettings& settings = options->request.settings;
  add_model_argument(*verb, options->model);
  verb->add_option("-f,--file", settings.texts,
                   "Texts, or chats: NAME.jsonl with {\"messages\": [...]} a line; default: the "
                   "text that comes with nybble")
      ->type_name("TEXT");
  verb->add_option("-o,--output", options->request.output,
                   "The statistics, which llama.cpp reads as an importance matrix")
      ->type_name("STATS")
      ->required();
  verb->add_flag("--diagonal", options->diagonal,
                 "Only what --method imatrix needs: a small file without second moments");
  verb->add_option("-c,--ctx-size", settings.context, "Tokens of a window")
      ->type_name("N")
      ->check(CLI::Range(16, 1 << 20))
      ->capture_default_str();
  verb->add_option("--chunks", settings.max_windows, "Only so many windows; 0: all")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--written", settings.written_windows,
                   "So many further windows, which the model writes itself; default: two for "
                   "three of the texts, 144 at most, as memory allows")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  verb->add_flag("--fisher", settings.fisher,
                 "Weight tokens by what they matter to what the model says: half of the second "
                 "moments, from its gradients on 96 windows");
  verb->add_option("--seed", settings.seed,
                   "Of the order of the documents, and of what the model writes")
      ->type_name("N")
      ->capture_default_str();
  verb->add_option("-t,--threads", settings.threads, "Threads; default: one per core")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--memory", options->memory,
                   "Memory that may be held, e.g. 8G; default: what the machine has free")
      ->type_name("SIZE");
  verb->add_flag("--force", options->request.force, "Replace an existing output");
  add_json_flag(*verb, options->json);
  verb->footer(
      "Examples:\n"
      "  nybble calibrate models/tale-6m -o tale.stats.gguf\n"
      "  nybble quantize models/tale-6m tale-q3.gguf Q3_K_M --calibration tale.stats.gguf\n"
      "  nybble calibrate model.gguf -f wiki.txt code.txt --diagonal -o imatrix.gguf");
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
