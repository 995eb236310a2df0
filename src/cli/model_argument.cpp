#include "cli/model_argument.h"

#include "cli/progress_line.h"
#include "cli/terminal.h"
#include "nybble/error.h"
#include "nybble/pull.h"

namespace nybble::cli {

void add_model_argument(CLI::App& verb, ModelArgument& argument) {
  verb.add_option(
          "MODEL,-m,--model", argument.reference,
          "Hugging Face directory, GGUF file (of a split one: the first), or a reference to pull: "
          "user/repo[:QUANT][@revision], hf.co/..., https://...")
      ->type_name("")
      ->envname("LLAMA_ARG_MODEL");
  verb.add_option("--hf-repo", argument.hf_repo,
                  "The same as a reference user/repo[:QUANT] (also -hf)")
      ->type_name("REF")
      ->envname("LLAMA_ARG_HF_REPO");
  verb.add_option("--hf-file", argument.hf_file, "A file of --hf-repo (also -hff)")
      ->type_name("FILE")
      ->envname("LLAMA_ARG_HF_FILE");
  verb.add_option("--model-url", argument.model_url,
                  "An https:// address of a GGUF file (also -mu)")
      ->type_name("URL")
      ->envname("LLAMA_ARG_MODEL_URL");
  verb.add_flag("--offline", argument.offline, "Only what the cache holds, as HF_HUB_OFFLINE=1")
      ->envname("LLAMA_ARG_OFFLINE");
}

std::filesystem::path find_model(const ModelArgument& argument) {
  if (!argument.reference.empty()) return find_model(argument.reference, argument.offline);
  if (!argument.hf_repo.empty()) {
    // hf:// keeps a folder of the same name from being taken for the repository.
    const std::string file = argument.hf_file.empty() ? "" : "/" + argument.hf_file;
    return find_model("hf://" + argument.hf_repo + file, argument.offline);
  }
  if (!argument.model_url.empty()) return find_model(argument.model_url, argument.offline);
  throw Error(ErrorKind::invalid_input,
              "which model? Give a Hugging Face directory, a GGUF file or a reference such as "
              "user/repo:Q4_K_M");
}

std::filesystem::path find_model(const std::string& reference, bool offline) {
  ProgressLine progress;
  const PulledModel pulled =
      pull({.reference = reference, .offline = offline, .dry_run = false}, progress.callback());
  const bool is_local = pulled.path == std::filesystem::path(reference);
  if (!is_local && !pulled.chosen.empty()) notice(pulled.chosen);
  return pulled.path;
}

}  // namespace nybble::cli
