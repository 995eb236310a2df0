#include "cli/json_report.h"

#include <fmt/format.h>

namespace nybble::cli {

void add_json_flag(CLI::App& verb, bool& json) {
  verb.add_flag("--json", json, "One JSON document on stdout instead of text");
}

void print_json(const Json& document) {
  fmt::print("{}\n", document.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace nybble::cli
