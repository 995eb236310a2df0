#include "cli/plan_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/quantity.h"
#include "cli/table.h"

namespace nybble::cli {
namespace {

// One unit for all of a table: MB where all choices take less than a GB.
struct Unit {
  const char* name;
  double bytes;
  int digits;

  std::string show(std::uint64_t n) const {
    return fmt::format("{:.{}f}", static_cast<double>(n) / bytes, digits);
  }
};

Unit unit_of(const PlanReport& report) {
  std::uint64_t most = 0;
  for (const PlanChoice& choice : report.choices)
    most = std::max(most, choice.memory.host() + choice.memory.gpu());
  return most < 1'000'000'000 ? Unit{"MB", 1e6, 1} : Unit{"GB", 1e9, 2};
}

std::string rate(double tokens_per_second) {
  if (tokens_per_second <= 0) return "";
  return fmt::format("{:.{}f}", tokens_per_second, tokens_per_second < 9.995 ? 1 : 0);
}

std::string verdict(const PlanChoice& choice, const Unit& unit) {
  return choice.fits ? "fits" : unit.show(choice.missing_bytes) + " too much";
}

std::string layers_text(const PlanReport& report, const PlanChoice& choice) {
  const auto model = std::ranges::find(report.models, choice.model, &PlannedModel::name);
  return choice.gpu_layers > model->layers ? "all" : std::to_string(choice.gpu_layers);
}

void print_head(const PlanReport& report) {
  constexpr Unit gigabytes{"GB", 1e9, 2};
  fmt::print("for     {}\n", report.device);
  fmt::print(
      "memory  {} GB{}\n", gigabytes.show(report.memory_bytes),
      report.vram_bytes > 0 ? fmt::format(", GPU {} GB", gigabytes.show(report.vram_bytes)) : "");
  fmt::print("cache   {}{}, {} user{} each with the context below\n", report.key_type,
             report.value_type == report.key_type ? "" : " and " + report.value_type, report.users,
             report.users == 1 ? "" : "s");
  fmt::print("speed   {}\n", report.speed_basis);
  for (const PlannedModel& model : report.models) {
    fmt::print("model   {}: {}, {} parameters, {} layers, context {}; cache {} a token ({})\n",
               model.name, model.architecture, show_count(model.parameters), model.layers,
               model.context, show_bytes(model.cache_bytes_per_token), model.source);
  }
  fmt::print("\n");
}

std::vector<std::string> cells_of(const PlanReport& report, const PlanChoice& choice) {
  const PlannedMemory& memory = choice.memory;
  const Unit unit = unit_of(report);
  std::vector<std::string> cells{choice.model,
                                 choice.type,
                                 fmt::format("{:.2f}", choice.bits_per_weight),
                                 unit.show(choice.file_bytes),
                                 std::to_string(choice.context),
                                 unit.show(memory.weights + memory.gpu_weights),
                                 unit.show(memory.cache + memory.gpu_cache),
                                 unit.show(memory.host())};
  if (report.vram_bytes > 0) {
    cells.push_back(unit.show(memory.gpu()));
    cells.push_back(layers_text(report, choice));
  }
  const PlannedSpeed speed = choice.speed.value_or(PlannedSpeed{});
  cells.push_back(verdict(choice, unit));
  cells.push_back(rate(speed.generation));
  cells.push_back(rate(speed.generation_full));
  cells.push_back(rate(speed.prompt));
  cells.push_back(choice.typical_divergence ? fmt::format("{:.4f}", *choice.typical_divergence)
                                            : "");
  return cells;
}

void print_table(const PlanReport& report) {
  std::vector<std::string> titles{"model",    "type",     ">bpw",   ">file",
                                  ">context", ">weights", ">cache", ">memory"};
  if (report.vram_bytes > 0) titles.insert(titles.end(), {">GPU", ">-ngl"});
  titles.insert(titles.end(), {"", ">tokens/s", ">when full", ">prompt", ">loss"});
  Table table(titles);
  for (const PlanChoice& choice : report.choices) table.add(cells_of(report, choice));
  table.print(stdout);
}

Json memory_json(const PlannedMemory& memory) {
  return {{"weights", memory.weights},     {"cache", memory.cache},
          {"scratch", memory.scratch},     {"program", memory.program},
          {"total", memory.host()},        {"gpu_weights", memory.gpu_weights},
          {"gpu_cache", memory.gpu_cache}, {"gpu_scratch", memory.gpu_scratch},
          {"gpu_total", memory.gpu()}};
}

Json choice_json(const PlanChoice& choice) {
  Json json = {{"model", choice.model},
               {"type", choice.type},
               {"file_bytes", choice.file_bytes},
               {"bpw", {{"file", choice.bits_per_weight}}},
               {"context", choice.context},
               {"memory", memory_json(choice.memory)},
               {"peak_resident_bytes", choice.peak_resident_bytes},
               {"gpu_layers", choice.gpu_layers},
               {"fits", choice.fits},
               {"missing_bytes", choice.missing_bytes},
               {"tokens_per_second", nullptr},
               {"typical_kld", nullptr}};
  if (choice.speed) {
    json["tokens_per_second"] = {{"generation", choice.speed->generation},
                                 {"generation_full", choice.speed->generation_full},
                                 {"prompt", nullptr}};
    if (choice.speed->prompt > 0) json["tokens_per_second"]["prompt"] = choice.speed->prompt;
  }
  if (choice.typical_divergence) json["typical_kld"] = *choice.typical_divergence;
  return json;
}

}  // namespace

void print(const PlanReport& report) {
  print_head(report);
  print_table(report);
  fmt::print(
      "\nGB: 10^9 bytes{}. loss: KL divergence of Llama 3 8B in this type, nats a token, as "
      "published "
      "by\nllama.cpp; larger models lose less, smaller ones more. tokens/s: of each user.\n",
      unit_of(report).bytes < 1e9 ? "; in the table MB, 10^6" : "");
  if (report.recommended) {
    const PlanChoice& choice = report.choices[*report.recommended];
    fmt::print("\ntake {} in {}: the largest that fits{}\n", choice.model, choice.type,
               choice.bits_per_weight >= 4 ? " with 4 bits a weight or more" : "");
  } else {
    fmt::print("\nnothing fits; take a smaller model, a smaller -c, or -ctk q8_0\n");
  }
}

Json to_json(const PlanReport& report) {
  Json models = Json::array(), choices = Json::array();
  for (const PlannedModel& model : report.models) {
    models.push_back({{"name", model.name},
                      {"source", model.source},
                      {"architecture", model.architecture},
                      {"parameters", model.parameters},
                      {"layers", model.layers},
                      {"context", model.context},
                      {"cache_bytes_per_token", model.cache_bytes_per_token}});
  }
  for (const PlanChoice& choice : report.choices) choices.push_back(choice_json(choice));
  Json json = {{"device", report.device},
               {"speed_basis", report.speed_basis},
               {"memory_bytes", report.memory_bytes},
               {"vram_bytes", report.vram_bytes},
               {"users", report.users},
               {"cache", {{"keys", report.key_type}, {"values", report.value_type}}},
               {"models", models},
               {"choices", choices},
               {"recommended", nullptr}};
  if (report.recommended) json["recommended"] = *report.recommended;
  return json;
}

}  // namespace nybble::cli
