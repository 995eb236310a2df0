// The page of `plan`: one file, without network or scripts.
#include <fmt/format.h>

#include "api/page_models.h"
#include "api/page_parts.h"
#include "api/page_plan_plot.h"
#include "api/page_text.h"
#include "nybble/plan.h"

namespace nybble {
namespace {

using api::escape_html;
using api::fact;
using api::section;

std::string gigabytes(std::uint64_t bytes) {
  return fmt::format("{:.2f}", static_cast<double>(bytes) * 1e-9);
}

std::string facts(const PlanReport& report) {
  const std::string gpu =
      report.vram_bytes > 0 ? fmt::format(", GPU {} GB", gigabytes(report.vram_bytes)) : "";
  const std::string values =
      report.value_type == report.key_type ? "" : " and " + escape_html(report.value_type);
  return "<dl>\n" + fact("Machine", escape_html(report.device)) +
         fact("Memory", gigabytes(report.memory_bytes) + " GB" + gpu) +
         fact("Cache", escape_html(report.key_type) + values) +
         fact("Users at a time", std::to_string(report.users)) +
         fact("Speeds", escape_html(report.speed_basis)) + "</dl>\n";
}

std::string advice(const PlanReport& report) {
  if (!report.recommended)
    return "<p><b>Nothing fits.</b> Take a smaller model, a shorter context or a smaller type of "
           "cache.</p>\n";
  const PlanChoice& choice = report.choices[*report.recommended];
  return fmt::format("<p><b>Take <bdi>{}</bdi> in {}</b>: the largest that fits{}.</p>\n",
                     escape_html(choice.model), escape_html(choice.type),
                     choice.bits_per_weight >= 4 ? " with 4 bits a weight or more" : "");
}

std::string rate(double tokens_per_second) {
  return tokens_per_second > 0 ? api::significant(tokens_per_second, 3)
                               : std::string(api::no_number);
}

std::string row(const PlanReport& report, const PlanChoice& choice) {
  api::PageModel sign;
  sign.sign = api::plan_sign(report, choice);
  const PlannedSpeed speed = choice.speed.value_or(PlannedSpeed{});
  std::string cells;
  const auto cell = [&](const std::string& text) { cells += "<td>" + text + "</td>"; };
  cell(escape_html(choice.type));
  cell(api::decimals(choice.bits_per_weight, 2));
  cell(gigabytes(choice.file_bytes));
  cell(api::grouped(static_cast<std::uint64_t>(choice.context)));
  cell(gigabytes(choice.memory.weights + choice.memory.gpu_weights));
  cell(gigabytes(choice.memory.cache + choice.memory.gpu_cache));
  cell(gigabytes(choice.memory.host()));
  if (report.vram_bytes > 0) {
    cell(gigabytes(choice.memory.gpu()));
    cell(std::to_string(choice.gpu_layers));
  }
  cell(choice.fits ? "fits" : "<b>" + gigabytes(choice.missing_bytes) + " GB too much</b>");
  cell(rate(speed.generation));
  cell(rate(speed.generation_full));
  cell(rate(speed.prompt));
  cell(choice.typical_divergence ? api::significant(*choice.typical_divergence, 2)
                                 : std::string(api::no_number));
  return fmt::format("<tr><th class=\"name\" scope=\"row\">{}<bdi>{}</bdi></th>{}</tr>\n",
                     api::sign_picture(sign), api::breakable_html(choice.model), cells);
}

std::string table(const PlanReport& report) {
  std::string titles = "<th class=\"name\">model</th>";
  const auto title = [&](std::string_view text) { titles += fmt::format("<th>{}</th>", text); };
  for (const char* text :
       {"type", "bits a weight", "file, GB", "context", "weights, GB", "cache, GB", "memory, GB"})
    title(text);
  if (report.vram_bytes > 0) {
    title("GPU, GB");
    title("layers on GPU");
  }
  for (const char* text : {"", "tokens/s", "when full", "prompt, tokens/s", "loss, nats"})
    title(text);
  std::string rows;
  for (const PlanChoice& choice : report.choices) rows += row(report, choice);
  return fmt::format(
      "<div class=\"scroll\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>\n"
      "</table></div>\n",
      titles, rows);
}

std::string with_key(const PlanReport& report, const std::string& plot) {
  return plot.empty() ? plot : api::plan_key(report) + plot;
}

std::string sections(const PlanReport& report) {
  return section("Choices",
                 "GB are 10<sup>9</sup> bytes. Tokens a second are those of each user, after a "
                 "short prompt and with a full context.",
                 table(report)) +
         section("What memory buys in speed",
                 "Hollow signs do not fit; the dashed line is the memory there is.",
                 with_key(report, api::plan_speed_plot(report))) +
         section("What memory buys in quality",
                 "Loss is the KL divergence of Llama 3 8B in the type, in nats a token, as the "
                 "score board of llama.cpp has it: larger models lose less, smaller ones more, and "
                 "models of different sizes differ in much else.",
                 with_key(report, api::plan_loss_plot(report)));
}

}  // namespace

std::string plan_page(const PlanReport& report) {
  std::string names;
  for (const PlannedModel& model : report.models) names += (names.empty() ? "" : ", ") + model.name;
  const std::string title = "Plan for " + names;
  const std::string header = fmt::format(
      "<header>\n<h1><bdi>{}</bdi></h1>\n<p class=\"by\">nybble {}</p>\n{}{}</header>\n",
      escape_html(title), escape_html(report.version), facts(report), advice(report));
  return api::whole_page(title, header + "<main>\n" + sections(report) + "</main>\n");
}

}  // namespace nybble
