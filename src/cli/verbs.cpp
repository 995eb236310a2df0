#include "cli/verbs.h"

#include <array>

namespace nybble::cli {
namespace {

constexpr std::array verbs{
    Verb{"inspect", add_inspect},     Verb{"convert", add_convert},
    Verb{"calibrate", add_calibrate}, Verb{"quantize", add_quantize},
    Verb{"train", add_train},         Verb{"run", add_run},
    Verb{"eval", add_eval},           Verb{"compare", add_compare},
    Verb{"bench", add_bench},         Verb{"plan", add_plan},
    Verb{"receipt", add_receipt},     Verb{"tokenize", add_tokenize},
    Verb{"template", add_template},   Verb{"formats", add_formats},
    Verb{"pull", add_pull},           Verb{"completion", add_completion},
    Verb{"version", add_version},
};

}  // namespace

std::span<const Verb> all_verbs() {
  return verbs;
}

void build_program(CLI::App& program) {
  program.get_formatter()->column_width(34);
  program.require_subcommand(0, 1);
  for (const Verb& verb : verbs) verb.add(program);
  program.footer(
      "nybble VERB --help says more and gives examples.\n"
      "Exit codes: 0 done, 1 wrong arguments or input, 2 corrupt file, 3 unsupported,\n"
      "4 out of memory, 5 device, 6 input or output, 7 stopped by Ctrl-C.");
}

}  // namespace nybble::cli
