// nybble version: which build this is.
#include <fmt/format.h>

#include <memory>

#include "cli/json_report.h"
#include "cli/verbs.h"
#include "nybble/version.h"

namespace nybble::cli {
namespace {

#ifdef __clang__
const std::string compiler = fmt::format("clang {}.{}", __clang_major__, __clang_minor__);
#else
const std::string compiler = fmt::format("GCC {}.{}", __GNUC__, __GNUC_MINOR__);
#endif

}  // namespace

void add_version(CLI::App& program) {
  auto json = std::make_shared<bool>(false);
  CLI::App* verb = program.add_subcommand("version", "Which build this is");
  add_json_flag(*verb, *json);
  verb->callback([json] {
    if (*json) {
      print_json({{"version", version()}, {"compiler", compiler}});
    } else {
      fmt::print("nybble {} (built with {})\n", version(), compiler);
    }
  });
}

}  // namespace nybble::cli
