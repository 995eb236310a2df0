// nybble compare: several models against one reference, as a table and as a page.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/json_report.h"
#include "cli/lora_flag.h"
#include "cli/measurement_report.h"
#include "cli/model_argument.h"
#include "cli/progress_line.h"
#include "cli/quantity.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "nybble/compare.h"
#include "nybble/error.h"

namespace nybble::cli {
namespace {

struct CompareOptions {
  std::string reference, text, html;
  std::vector<std::string> models;
  std::filesystem::path lora, reference_lora;
  MeasureFlags flags;
  bool stamp = false, force = false, json = false;
};

CompareRequest request_of(const CompareOptions& options) {
  CompareRequest request{.reference = find_model(options.reference),
                         .models = {},
                         .reference_lora = options.reference_lora,
                         .lora = options.lora,
                         .settings = options.flags.settings(options.text),
                         .stamp = options.stamp,
                         .page = options.html,
                         .force = options.force};
  for (const std::string& model : options.models) request.models.push_back(find_model(model));
  return request;
}

Json tensors_json(const ComparedModel& model) {
  Json tensors = Json::array();
  for (const TensorError& tensor : model.tensors) {
    tensors.push_back(
        {{"name", tensor.name}, {"type", tensor.type}, {"relative_error", tensor.relative_error}});
  }
  return tensors;
}

Json report_json(const CompareReport& report, const MeasureFlags& flags) {
  Json json = to_json(report.text);
  json["mode"] = flags.mode;
  json["compute"] = flags.compute;
  json["context"] = report.settings.context;
  json["seed"] = report.settings.seed;
  json["reference"] = to_json(report.reference);
  json["floor"] = to_json(report.floor);
  json["seconds"] = report.seconds;
  json["models"] = Json::array();
  for (const ComparedModel& model : report.models) {
    json["models"].push_back(to_json(model.measurement));
    json["models"].back()["tensors"] = tensors_json(model);
  }
  return json;
}

// The file's name, or its folder's where models of several folders are called the same.
std::string short_name(const std::string& path) {
  const std::filesystem::path p(path);
  return p.has_filename() ? p.filename().string() : p.parent_path().filename().string();
}

void print_table(const CompareReport& report) {
  const bool has_activations = report.settings.compute != Compute::exact;
  std::vector<std::string> titles{"model", ">MB",  ">bpw",      ">layers", ">KLD",
                                  "95 %",  ">p99", ">same top", ">PPL",    ">PPL ratio"};
  if (has_activations) titles.push_back(">activations");
  Table table(titles);
  const auto add = [&](const Measurement& m) {
    const Divergence d = m.divergence.value_or(Divergence{});
    const bool has = m.divergence.has_value();
    std::vector<std::string> cells{
        short_name(m.model),
        fmt::format("{:.1f}", static_cast<double>(m.size.file_bytes) / 1e6),
        fmt::format("{:.2f}", m.size.bpw_file),
        fmt::format("{:.2f}", m.size.bpw_decoder),
        has ? fmt::format("{:.5f}", d.mean.value) : "",
        has ? fmt::format("{:.5f}-{:.5f}", d.mean.low, d.mean.high) : "reference",
        has ? fmt::format("{:.3f}", d.p99.value) : "",
        has ? fmt::format("{:.2f} %", 100 * d.top1.value) : "",
        fmt::format("{:.4f}", m.perplexity.value),
        has ? fmt::format("{:.4f}", d.perplexity_ratio.value) : ""};
    if (has_activations)
      cells.push_back(m.activations ? fmt::format("{:.5f}", m.activations->value) : "");
    table.add(std::move(cells));
  };
  add(report.reference);
  std::vector<const Measurement*> order;
  for (const ComparedModel& model : report.models) order.push_back(&model.measurement);
  std::ranges::stable_sort(order, {}, [](const Measurement* m) { return m->size.file_bytes; });
  for (const Measurement* m : order) add(*m);
  table.print(stdout);
}

void execute(const CompareOptions& options) {
  CompareReport report;
  {
    ProgressLine progress;
    report = compare_models(request_of(options), progress.callback());
  }
  if (options.json) {
    print_json(report_json(report, options.flags));
    return;
  }
  fmt::print("text   {}\n", show(report.text));
  fmt::print("floor  {}\n\n", show(report.floor, report.settings.compute));
  print_table(report);
  fmt::print("\nKLD: nats a token. {}\n", show_seconds(report.seconds));
  if (!options.html.empty()) fmt::print("wrote {}\n", options.html);
}

}  // namespace

void add_compare(CLI::App& program) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* verb = program.add_subcommand(
      "compare", "What several models lost against a reference: a table, and a page with plots");
  verb->add_option("REF", options->reference, "The reference: the unquantized model")
      ->type_name("")
      ->required();
  verb->add_option("MODELS", options->models, "Models to compare with it")
      ->type_name("")
      ->required();
  verb->add_option("-f,--file", options->text, "The text")->type_name("TEXT")->required();
  verb->add_option("--html", options->html, "Write a page with plots, tables and the worst tokens")
      ->type_name("FILE");
  verb->add_flag("--force", options->force, "Replace an existing page");
  verb->add_flag("--stamp", options->stamp,
                 "Write what was measured into the receipt of each model (`nybble receipt`)");
  add_lora_flag(*verb, options->lora);
  add_reference_lora_flag(*verb, options->reference_lora);
  add_measure_flags(*verb, options->flags);
  add_json_flag(*verb, options->json);
  verb->footer(
      "Examples:\n"
      "  nybble compare models/tale-6m q8.gguf q4.gguf q2.gguf -f stories.txt\n"
      "  nybble compare models/tale-6m q4.gguf -f stories.txt --html report.html");
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
