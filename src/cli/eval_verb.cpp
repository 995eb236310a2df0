// nybble eval: perplexity of a model on a text, and with a reference what was lost.
#include <fmt/format.h>

#include <memory>

#include "cli/json_report.h"
#include "cli/lora_flag.h"
#include "cli/measurement_report.h"
#include "cli/model_argument.h"
#include "cli/progress_line.h"
#include "cli/quantity.h"
#include "cli/task_report.h"
#include "cli/verbs.h"
#include "nybble/error.h"
#include "nybble/evaluate.h"

namespace nybble::cli {
namespace {

struct EvalOptions {
  ModelArgument model;
  std::string reference, text;
  std::filesystem::path lora, reference_lora;
  TaskFiles tasks;
  MeasureFlags flags;
  bool json = false;
};

EvaluateRequest request_of(const EvalOptions& options) {
  EvaluateRequest request{.model = find_model(options.model),
                          .reference = {},
                          .lora = options.lora,
                          .reference_lora = options.reference_lora,
                          .settings = options.flags.settings(options.text)};
  if (!options.reference.empty()) request.reference = find_model(options.reference);
  return request;
}

Json report_json(const EvalOptions& options, const EvaluateReport& report) {
  Json json = to_json(report.result);
  json.update(to_json(report.text));
  json["mode"] = options.flags.mode;
  json["compute"] = options.flags.compute;
  json["context"] = options.flags.context;
  json["seed"] = options.flags.seed;
  if (report.reference) json["reference"] = to_json(*report.reference);
  if (report.floor) json["floor"] = to_json(*report.floor);
  json["seconds"] = report.seconds;
  json["tokens_per_second"] = report.tokens_per_second;
  json["running"] = report.running;
  return json;
}

void print_model(const char* what, const Measurement& m) {
  fmt::print(
      "{:<12}{}: {}, {:.2f} bits per weight (layers {:.2f}, embedding {:.2f}, head {:.2f})\n", what,
      m.model, show_bytes(m.size.file_bytes), m.size.bpw_file, m.size.bpw_decoder,
      m.size.bpw_embedding, m.size.bpw_head);
}

void print_activations(const Measurement& result, Compute compute) {
  if (result.activations) {
    fmt::print("  of it     {} added by {}\n", show(*result.activations, 6),
               compute == Compute::llm_int8 ? "LLM.int8()" : "the activations, not the weights");
  }
  if (result.outlier_share)
    fmt::print("  outliers  {:.4f} % of the inputs stayed floats\n", 100 * *result.outlier_share);
}

void print_divergence(const EvaluateReport& report, Compute compute) {
  const Divergence& d = *report.result.divergence;
  fmt::print("ratio       {}\n", show(d.perplexity_ratio, 5));
  fmt::print("divergence  {} nats a token, KL(reference || model)\n", show(d.mean, 6));
  fmt::print("  median    {}\n", show(d.median, 6));
  fmt::print("  p90       {}\n", show(d.p90, 5));
  fmt::print("  p99       {}\n", show(d.p99, 4));
  fmt::print("  p99.9     {}\n", show(d.p999, 3));
  fmt::print("  max       {:.3f}\n", d.max);
  print_activations(report.result, compute);
  fmt::print("  floor     {}\n", show(*report.floor, compute));
  fmt::print("same top    {}\n", show_percent(d.top1));
  fmt::print("RMS dp      {}\n", show_percent(d.rms_dp));
}

void execute(const EvalOptions& options) {
  if (const auto kind = options.tasks.chosen()) {
    show_tasks({.model = find_model(options.model),
                .file = options.tasks.file(),
                .lora = options.lora,
                .kind = *kind,
                .compute = options.flags.compute_mode(),
                .limit = options.flags.chunks,
                .threads = options.flags.threads,
                .seed = options.flags.seed},
               options.json);
    return;
  }
  if (options.text.empty()) {
    throw Error(ErrorKind::invalid_input,
                "eval: which text? Give -f TEXT, or one of --hellaswag, --multiple-choice and "
                "--winogrande with a file of tasks");
  }
  const EvaluateRequest request = request_of(options);
  EvaluateReport report;
  {
    ProgressLine progress;
    report = evaluate_model(request, progress.callback());
  }
  if (options.json) {
    print_json(report_json(options, report));
    return;
  }
  print_model("model", report.result);
  if (report.reference) print_model("reference", *report.reference);
  fmt::print("text        {}\n", show(report.text));
  fmt::print("perplexity  {} (+/- {:.4f} as llama.cpp counts)\n", show(report.result.perplexity, 4),
             report.result.standard_error);
  if (report.reference) {
    fmt::print("  reference {}\n", show(report.reference->perplexity, 4));
    print_divergence(report, request.settings.compute);
  }
  fmt::print("speed       {:.1f} tokens/s, {}\n", report.tokens_per_second,
             show_seconds(report.seconds));
}

}  // namespace

void add_eval(CLI::App& program) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* verb = program.add_subcommand(
      "eval", "Perplexity of a model on a text; with --reference, what it lost");
  add_model_argument(*verb, options->model);
  auto* text = verb->add_option("-f,--file", options->text, "The text")->type_name("TEXT");
  auto* reference = verb->add_option("--reference", options->reference,
                                     "The unquantized model: measure the divergence from it");
  reference->type_name("MODEL");
  add_lora_flag(*verb, options->lora);
  add_reference_lora_flag(*verb, options->reference_lora);
  add_task_flags(*verb, options->tasks, {text, reference});
  add_measure_flags(*verb, options->flags);
  add_json_flag(*verb, options->json);
  verb->footer(
      "Examples:\n"
      "  nybble eval tale.gguf -f stories.txt\n"
      "  nybble eval tale-q4.gguf -f stories.txt --reference models/tale-6m\n"
      "  nybble eval tale-q4.gguf -f stories.txt --reference models/tale-6m --compute int8\n"
      "  nybble eval tale-q4.gguf --lora my-lora -f stories.txt --reference models/tale-6m "
      "--reference-lora my-lora\n"
      "  nybble eval model.gguf --hellaswag hellaswag_val_full.txt --limit 400\n"
      "  nybble eval tale.gguf -f stories.txt --mode llama.cpp --chunks 8 --json | jq .perplexity");
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
