// nybble formats: the number formats and what nybble can do with each.
#include <fmt/format.h>

#include <memory>

#include "cli/json_report.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "nybble/model.h"
#include "nybble/quantize.h"

namespace nybble::cli {
namespace {

void print_formats_json() {
  Json list = Json::array();
  for (const FormatSummary& format : list_formats()) {
    list.push_back({{"name", format.name},
                    {"bits_per_weight", format.bits_per_weight},
                    {"block_len", format.block_len},
                    {"block_bytes", format.block_bytes},
                    {"gguf_type", format.gguf_type ? Json(*format.gguf_type) : Json(nullptr)},
                    {"read", format.can_read},
                    {"write", format.can_write},
                    {"run", format.can_run}});
  }
  Json recipes = Json::array();
  for (const auto& [name, line] : quantize_types())
    recipes.push_back({{"name", name}, {"about", line}});
  print_json({{"formats", list}, {"quantize_types", recipes}});
}

void print_formats() {
  Table table({"name", ">bits/weight", ">block", ">bytes", ">GGUF id", "read", "write", "run"});
  const auto yes = [](bool can) { return can ? "yes" : "-"; };
  for (const FormatSummary& format : list_formats()) {
    table.add({format.name, fmt::format("{:.4g}", format.bits_per_weight),
               std::to_string(format.block_len), std::to_string(format.block_bytes),
               format.gguf_type ? std::to_string(*format.gguf_type) : "-", yes(format.can_read),
               yes(format.can_write), yes(format.can_run)});
  }
  table.print(stdout);
  fmt::print("\nTypes of nybble quantize:\n");
  Table types({"name", "what it is"});
  for (const auto& [name, line] : quantize_types()) types.add({name, line});
  types.print(stdout);
}

}  // namespace

void add_formats(CLI::App& program) {
  auto json = std::make_shared<bool>(false);
  CLI::App* verb = program.add_subcommand(
      "formats", "The number formats, their bits per weight, and the types of quantize");
  add_json_flag(*verb, *json);
  verb->footer(
      "Examples:\n  nybble formats\n  nybble formats --json | jq '.formats[] | "
      "select(.write).name'");
  verb->callback([json] { *json ? print_formats_json() : print_formats(); });
}

}  // namespace nybble::cli
