// nybble receipt: what a file says of itself.
#include <fmt/format.h>

#include <memory>

#include "cli/json_report.h"
#include "cli/model_argument.h"
#include "cli/verbs.h"
#include "nybble/receipt.h"

namespace nybble::cli {

void add_receipt(CLI::App& program) {
  struct Options {
    ModelArgument model;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      program.add_subcommand("receipt", "How a file was made, from what, and what was measured");
  add_model_argument(*verb, options->model);
  add_json_flag(*verb, options->json);
  verb->footer(
      "Examples:\n"
      "  nybble receipt tale-q4.gguf\n"
      "  nybble receipt tale-q4.gguf --json | jq '.measured[].kld'");
  verb->callback([options] {
    const Receipt receipt = read_receipt(find_model(options->model));
    if (options->json) {
      fmt::print("{}\n", receipt.json);
      return;
    }
    for (const auto& [what, words] : receipt.lines) fmt::print("{:<12}{}\n", what, words);
  });
}

}  // namespace nybble::cli
