#include "cli/quantize_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/quantity.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace nybble::cli {
namespace {

Json to_json(const std::vector<SearchRound>& rounds) {
  Json list = Json::array();
  for (const SearchRound& round : rounds) {
    list.push_back({{"bytes", round.bytes}, {"divergence", round.divergence}});
    for (const auto& [part, divergence] : round.parts) list.back()["parts"][part] = divergence;
  }
  return list;
}

// "attn_v" of "blk.3.attn_v.weight", "token_embd" of "token_embd.weight".
std::string role_of(const std::string& name) {
  const std::string stem = name.substr(0, name.rfind('.'));
  return stem.substr(stem.rfind('.') + 1);
}

// The types that a search found, by role: "attn_v  Q5_K x 12, Q4_K x 4".
void print_types_by_role(const QuantizePlan& plan) {
  std::vector<std::string> roles;
  std::map<std::string, std::map<std::string, int>> counts;
  for (const PlannedTensor& tensor : plan.tensors) {
    if (tensor.reason.starts_with("kept")) continue;
    const std::string role = role_of(tensor.name);
    if (!counts.contains(role)) roles.push_back(role);
    ++counts[role][tensor.to];
  }
  for (const std::string& role : roles) {
    std::vector<std::pair<std::string, int>> types(counts[role].begin(), counts[role].end());
    std::ranges::stable_sort(types, std::ranges::greater{}, &std::pair<std::string, int>::second);
    std::string text;
    for (const auto& [type, n] : types)
      text += fmt::format("{}{} x {}", text.empty() ? "" : ", ", type, n);
    fmt::print("  {:<12} {}\n", role, text);
  }
}

}  // namespace

Json to_json(const QuantizePlan& plan) {
  Json tensors = Json::array();
  for (const PlannedTensor& tensor : plan.tensors) {
    tensors.push_back({{"name", tensor.name},
                       {"shape", tensor.shape},
                       {"from", tensor.from},
                       {"to", tensor.to},
                       {"bytes_before", tensor.bytes_before},
                       {"bytes_after", tensor.bytes_after},
                       {"reason", tensor.reason}});
  }
  return {{"recipe", plan.recipe},
          {"parameters", plan.parameters},
          {"bytes_before", plan.bytes_before},
          {"bytes_after", plan.bytes_after},
          {"bpw", {{"tensors", plan.bits_per_weight}}},
          {"fallbacks", plan.fallbacks},
          {"rounds", to_json(plan.rounds)},
          {"tensors", tensors}};
}

Json to_json(const std::vector<TuningPoint>& points) {
  Json list = Json::array();
  for (const TuningPoint& point : points) {
    list.push_back({{"step", point.step}, {"loss", point.loss}});
    if (point.held_out) list.back()["held_out"] = *point.held_out;
  }
  return list;
}

Json to_json(const TuningReport& report) {
  return {{"before", report.before},         {"after", report.after},
          {"best_step", report.best_step},   {"resumed_step", report.resumed_step},
          {"tokens", report.tokens},         {"seconds", report.seconds},
          {"points", to_json(report.points)}};
}

Json to_json(const QuantizeReport& report) {
  Json notes = Json::object();
  for (const auto& [tensor, note] : report.notes) notes[tensor] = note;
  Json json = {
      {"method", report.method},
      {"notes", notes},
      {"source_notes", report.source_notes},
      {"output", report.output},
      {"files", report.n_files},
      {"file_bytes", report.file_bytes},
      {"bpw", {{"file", report.file_bits_per_weight}, {"tensors", report.plan.bits_per_weight}}},
      {"fallbacks", report.plan.fallbacks},
      {"taken_over", report.taken_over},
      {"discarded", report.discarded},
      {"seconds", report.seconds}};
  if (report.tuning) json["tuning"] = to_json(*report.tuning);
  return json;
}

void print_plan(const QuantizePlan& plan) {
  Table table({"tensor", "shape", "from", "to", ">MiB", ">MiB then", "why"});
  for (const PlannedTensor& tensor : plan.tensors) {
    table.add({tensor.name, show_shape(tensor.shape), tensor.from, tensor.to,
               show_mebibytes(tensor.bytes_before), show_mebibytes(tensor.bytes_after),
               tensor.reason});
  }
  table.print(stdout);
  fmt::print("\n");
}

void print_totals(const QuantizePlan& plan) {
  fmt::print("{}: {} tensors, {} parameters, {} -> {}, {:.2f} bits per weight\n", plan.recipe,
             plan.tensors.size(), show_count(plan.parameters), show_bytes(plan.bytes_before),
             show_bytes(plan.bytes_after), plan.bits_per_weight);
  for (std::size_t i = 0; i < plan.rounds.size(); ++i) {
    fmt::print("  round {}: {} of tensors, divergence {:.5f} on the calibration text\n", i + 1,
               show_bytes(plan.rounds[i].bytes), plan.rounds[i].divergence);
  }
  if (!plan.rounds.empty()) print_types_by_role(plan);
  if (plan.fallbacks == 0) return;
  fmt::print("{}\n",
             bold(fmt::format("{} tensors fall back to another type:", plan.fallbacks), stdout));
  // Layers repeat, so equal reasons are counted together.
  std::vector<std::pair<std::string, std::size_t>> reasons;
  for (const PlannedTensor& tensor : plan.tensors) {
    if (!tensor.reason.starts_with("fallback")) continue;
    const std::string reason = fmt::format("{} ({})", tensor.to, tensor.reason);
    const auto known =
        std::ranges::find(reasons, reason, &std::pair<std::string, std::size_t>::first);
    known == reasons.end() ? reasons.emplace_back(reason, 1) : (++known->second, *known);
  }
  for (const auto& [reason, count] : reasons) fmt::print("  {} x {}\n", count, reason);
}

void print_notes(const QuantizeReport& report) {
  for (const std::string& note : report.source_notes) fmt::print("note: {}\n", note);
  const auto count = [&](std::string_view beginning) {
    return std::ranges::count_if(
        report.notes, [&](const auto& note) { return note.second.starts_with(beginning); });
  };
  const auto fits = count("fit alone"), exact = count("exact"), feedback = count("error feedback");
  if (fits + feedback > 0) {
    fmt::print("{}: error feedback in {} tensors, the fit alone in {} (--json names them)\n",
               report.method, feedback, fits);
  }
  if (exact > 0)
    fmt::print("exact: {} tensors, whose values stand on the grid of the type\n", exact);
}

void print_tuning(const QuantizeReport& report) {
  if (!report.tuning) return;
  const TuningReport& tuning = *report.tuning;
  fmt::print(
      "tuned: divergence {:.4f} -> {:.4f} on held-out windows, best after step {} of {}; {} "
      "tokens in {}\n",
      tuning.before, tuning.after, tuning.best_step, tuning.points.back().step,
      show_count(tuning.tokens), show_seconds(tuning.seconds));
  if (tuning.resumed_step > 0)
    fmt::print("resumed: {} steps of the tuning were done before\n", tuning.resumed_step);
}

void print_resumed(const QuantizeReport& report) {
  if (report.discarded)
    fmt::print("what was there to resume belonged to other work and was discarded\n");
  if (report.taken_over > 0) {
    fmt::print("resumed: {} of {} tensors were finished before\n", report.taken_over,
               report.plan.tensors.size());
  }
}

}  // namespace nybble::cli
