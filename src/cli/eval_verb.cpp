// nybble eval: perplexity of a model on a text, with its error.
#include <fmt/format.h>

#include <memory>

#include "cli/json_report.h"
#include "cli/model_argument.h"
#include "cli/progress_line.h"
#include "cli/quantity.h"
#include "cli/verbs.h"
#include "nybble/error.h"
#include "nybble/evaluate.h"

namespace nybble::cli {
namespace {

struct EvalOptions {
  ModelArgument model;
  EvaluateRequest request;
  std::string text;
  bool json = false;
};

Json to_json(const EvalOptions& options, const EvaluateReport& report) {
  return {{"model", options.request.model.string()},
          {"text", options.text},
          {"perplexity", report.perplexity},
          {"standard_error", report.standard_error},
          {"bpw", {{"file", report.bits_per_weight}}},
          {"file_bytes", report.file_bytes},
          {"context", options.request.context},
          {"chunks", report.chunks},
          {"scored_tokens", report.scored_tokens},
          {"seconds", report.seconds},
          {"tokens_per_second", report.tokens_per_second},
          {"running", report.running}};
}

void execute(EvalOptions& options) {
  options.request.model = find_model(options.model);
  options.request.text = options.text;
  EvaluateReport report;
  {
    ProgressLine progress;
    report = evaluate_model(options.request, progress.callback());
  }
  if (options.json) {
    print_json(to_json(options, report));
    return;
  }
  fmt::print("model       {}: {}, {:.2f} bits per weight\n", options.request.model.string(),
             show_bytes(report.file_bytes), report.bits_per_weight);
  fmt::print("text        {}: {} windows of {} tokens, {} tokens scored\n", options.text,
             report.chunks, options.request.context, report.scored_tokens);
  fmt::print("perplexity  {:.4f} +/- {:.4f}\n", report.perplexity, report.standard_error);
  fmt::print("speed       {:.1f} tokens/s, {}\n", report.tokens_per_second,
             show_seconds(report.seconds));
}

}  // namespace

void add_eval(CLI::App& program) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* verb =
      program.add_subcommand("eval", "Perplexity of a model on a text, with its standard error");
  add_model_argument(*verb, options->model);
  verb->add_option("-f,--file", options->text, "The text")->type_name("TEXT")->required();
  verb->add_option("-c,--ctx-size", options->request.context,
                   "Tokens of a window; the second half of each is scored")
      ->type_name("N")
      ->capture_default_str()
      ->envname("LLAMA_ARG_CTX_SIZE");
  verb->add_option("--chunks", options->request.chunks, "Only the first N windows; 0: all")
      ->type_name("N");
  verb->add_option("-t,--threads", options->request.threads, "Threads; 0: one per core")
      ->type_name("N")
      ->envname("LLAMA_ARG_THREADS");
  add_json_flag(*verb, options->json);
  verb->footer(
      "Examples:\n"
      "  nybble eval tale.gguf -f stories.txt\n"
      "  nybble eval tale.gguf -f stories.txt -c 256 --chunks 8 --json | jq .perplexity");
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
