// nybble pull: a model reference to files on this machine.
#include <fmt/format.h>

#include <memory>

#include "cli/json_report.h"
#include "cli/progress_line.h"
#include "cli/quantity.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "nybble/pull.h"

namespace nybble::cli {
namespace {

struct PullOptions {
  PullRequest request;
  bool json = false;
};

void execute(const PullOptions& options) {
  PulledModel pulled;
  {
    ProgressLine progress;
    pulled = pull(options.request, progress.callback());
  }
  if (options.json) {
    print_json({{"path", pulled.path.string()},
                {"files", pulled.files},
                {"chosen", pulled.chosen},
                {"downloaded_bytes", pulled.downloaded_bytes}});
    return;
  }
  if (!pulled.chosen.empty()) notice(pulled.chosen);
  if (pulled.downloaded_bytes > 0)
    notice(fmt::format("downloaded {}", show_bytes(pulled.downloaded_bytes)));
  if (options.request.dry_run) {
    for (const std::string& file : pulled.files) fmt::print("{}\n", file);
  } else {
    fmt::print("{}\n", pulled.path.string());
  }
}

}  // namespace

void add_pull(CLI::App& program) {
  auto options = std::make_shared<PullOptions>();
  CLI::App* verb = program.add_subcommand(
      "pull", "Downloads a model into the cache of Hugging Face and prints its path");
  verb->add_option(
          "REF,--hf-repo", options->request.reference,
          "user/repo, user/repo:Q4_K_M, user/repo@revision, hf.co/..., hf://user/repo/file, "
          "https://...; a local path passes through")
      ->type_name("")
      ->required();
  verb->add_flag("--offline", options->request.offline,
                 "Only what the cache holds, as HF_HUB_OFFLINE=1")
      ->envname("LLAMA_ARG_OFFLINE");
  verb->add_flag("--dry-run", options->request.dry_run, "List what would be downloaded");
  add_json_flag(*verb, options->json);
  verb->footer(
      "Variables: HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_TOKEN_PATH, HF_ENDPOINT, HF_HUB_OFFLINE, "
      "HTTPS_PROXY.\n"
      "Examples:\n"
      "  nybble pull bartowski/SmolLM2-135M-Instruct-GGUF:Q4_K_M\n"
      "  nybble run \"$(nybble pull HuggingFaceTB/SmolLM2-135M-Instruct)\"");
  verb->callback([options] { execute(*options); });
}

}  // namespace nybble::cli
