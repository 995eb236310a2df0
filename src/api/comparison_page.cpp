// The page of `compare`: one file that shows what was measured, without network or scripts.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>

#include "api/page_heat_map.h"
#include "api/page_models.h"
#include "api/page_parts.h"
#include "api/page_plots.h"
#include "api/page_summary.h"
#include "api/page_text.h"
#include "api/page_worst_tokens.h"
#include "nybble/compare.h"

namespace nybble {
namespace {

using api::escape_html;
using api::fact;
using api::section;

// In the order of WindowMode and of Compute.
constexpr std::array<std::string_view, 2> mode_texts{
    "full: each token is scored once, with at least half a window before it",
    "llama_cpp: windows side by side, the second half of each is scored"};
constexpr std::array<std::string_view, 3> compute_texts{
    "exact: weights as they decode, activations in float32", "run: as nybble run computes",
    "int8: activations of quantized linears rounded to int8 in blocks of 32"};

template <class Choice, std::size_t n>
std::string_view text_of(const std::array<std::string_view, n>& texts, Choice choice) {
  return texts.at(static_cast<std::size_t>(choice));
}

std::string title_of(const CompareReport& report, const std::vector<api::PageModel>& models) {
  const std::string reference = api::file_name(report.reference.model);
  if (models.size() == 1) return fmt::format("{} against {}", models[0].name, reference);
  return fmt::format("{} models against {}", models.size(), reference);
}

std::string facts(const CompareReport& report) {
  const EvaluatedText& text = report.text;
  const std::string sha256 = api::clip_text(text.sha256, 17);
  return "<dl>\n" + fact("Reference", "<bdi>" + escape_html(report.reference.model) + "</bdi>") +
         fact("Text", "<bdi>" + escape_html(text.path) + "</bdi>") +
         fact("SHA-256 of the text", fmt::format("<span title=\"{}\">{}</span>",
                                                 escape_html(text.sha256), escape_html(sha256))) +
         fact("Tokens", fmt::format("{}, of which {} are scored", api::grouped(text.tokens),
                                    api::grouped(text.scored_tokens))) +
         fact("Windows", fmt::format("{} of {} tokens", text.windows, report.settings.context)) +
         fact("Resampled for intervals",
              fmt::format("{} {}, seed {}", api::grouped(text.units), escape_html(text.unit),
                          report.settings.seed)) +
         fact("Mode", text_of(mode_texts, report.settings.mode)) +
         fact("Compute", text_of(compute_texts, report.settings.compute)) + "</dl>\n";
}

std::string floor_sentence(const DivergenceFloor& floor) {
  if (floor.tokens == 0) return {};
  return fmt::format(
      "<p>What zero looks like here, measured on {} tokens: the reference against itself, computed "
      "twice, gives {}; as computed here against exact arithmetic, it gives {}. Divergences as "
      "small as these are of the arithmetic, not of a model.</p>\n",
      api::grouped(floor.tokens), api::significant(floor.same_kernels, 2),
      api::significant(floor.compute, 2));
}

std::string introduction(const CompareReport& report) {
  return fmt::format(
      "<p><b>KL divergence</b> says how much of what the reference knows about the next token a "
      "model loses, in nats a token: 0 means the same prediction everywhere, and less is better. "
      "The small range is a 95 % interval: what other {} of the same kind would plausibly have "
      "given. Where the ranges of two models overlap, do not rank them.</p>\n",
      report.text.unit.empty() ? "texts" : escape_html(report.text.unit));
}

std::string heading(const CompareReport& report, const std::string& title) {
  std::string by = "nybble " + escape_html(report.version);
  if (!report.date.empty()) by += ", " + escape_html(report.date);
  if (report.seconds > 0) by += fmt::format(", {:.0f} s", report.seconds);
  return fmt::format("<header>\n<h1><bdi>{}</bdi></h1>\n<p class=\"by\">{}</p>\n{}{}{}</header>\n",
                     escape_html(title), by, facts(report), introduction(report),
                     floor_sentence(report.floor));
}

std::string with_key(const std::vector<api::PageModel>& models, const std::string& plot) {
  return plot.empty() ? plot : api::key_of_signs(models) + plot;
}

std::string sections(const CompareReport& report, const std::vector<api::PageModel>& models) {
  return section("Summary", "Smallest first. Numbers without a printed range show theirs on hover.",
                 api::summary_table(models, report.reference)) +
         section(
             "What a megabyte buys",
             "The grey steps join the models that no other beats in both size and divergence; "
             "hollow signs are beaten. Whiskers are 95 % intervals; signs are those of the table.",
             api::pareto_plot(models, report.floor)) +
         section("Error of each tensor",
                 "Layers from top to bottom, tensors outside the layers below: squared error of "
                 "the weights over their sum of squares. Hover for name, format and number.",
                 api::heat_maps(models)) +
         section("By position",
                 "Mean divergence of the tokens with that many tokens before them in their window.",
                 with_key(models, api::position_plot(models))) +
         section("How tokens diverge",
                 "The share of tokens by their own divergence. The outer bins also hold what lies "
                 "beyond them.",
                 with_key(models, api::histogram_plot(models))) +
         section("Worst tokens",
                 "Where each model strayed most from the reference. The actual token is marked; "
                 "its probability is that of the reference, then that of the model.",
                 api::worst_tokens(models));
}

}  // namespace

std::string comparison_page(const CompareReport& report) {
  const std::vector<api::PageModel> models = api::page_models(report);
  const std::string title = title_of(report, models);
  return api::whole_page(
      title, heading(report, title) + "<main>\n" + sections(report, models) + "</main>\n");
}

}  // namespace nybble
