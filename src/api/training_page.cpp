// The page of a training: what was trained, and how its loss fell.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "api/page_lines.h"
#include "api/page_parts.h"
#include "api/page_text.h"
#include "base/atomic_file.h"
#include "nybble/train.h"
#include "nybble/version.h"

namespace nybble {
namespace {

using api::escape_html;

// Steps are drawn as means of so many at most: single ones differ by what they happen to learn
// from.
constexpr std::size_t most_places = 200;

api::PageModel sign(std::size_t number, const char* label) {
  api::PageModel model;
  model.name = model.label = label;
  model.sign = number;
  return model;
}

api::Curve learned_curve(const std::vector<TuningPoint>& points, const api::PageModel& model) {
  std::vector<const TuningPoint*> steps;
  for (const TuningPoint& point : points)
    if (point.step > 0 && std::isfinite(point.loss)) steps.push_back(&point);
  api::Curve curve;
  curve.model = &model;
  const std::size_t together = (steps.size() + most_places - 1) / most_places;
  for (std::size_t first = 0; first < steps.size(); first += together) {
    const std::size_t n = std::min(together, steps.size() - first);
    double loss = 0, place = 0;
    for (std::size_t i = first; i < first + n; ++i) {
      loss += steps[i]->loss;
      place += steps[i]->step;
    }
    curve.x.push_back(place / static_cast<double>(n));
    curve.y.push_back(loss / static_cast<double>(n));
  }
  return curve;
}

api::Curve held_out_curve(const std::vector<TuningPoint>& points, const api::PageModel& model) {
  api::Curve curve;
  curve.model = &model;
  for (const TuningPoint& point : points) {
    if (!point.held_out || !std::isfinite(*point.held_out)) continue;
    curve.x.push_back(point.step);
    curve.y.push_back(*point.held_out);
  }
  return curve;
}

std::string plot(const TrainingPage& page) {
  const std::vector<api::PageModel> models{sign(0, "learned from"), sign(1, "held out")};
  std::vector<api::Curve> curves{learned_curve(page.points, models[0]),
                                 held_out_curve(page.points, models[1])};
  std::erase_if(curves, [](const api::Curve& curve) { return curve.x.empty(); });
  if (curves.empty()) return {};
  return api::key_of_signs(models) +
         api::draw_in_both_sizes("Loss by step", [&](const api::PlotFrame& frame) {
           using api::Axis;
           const Axis x =
               Axis::linear(api::all_of(curves, &api::Curve::x), frame.left + 12, frame.right - 12);
           const Axis y =
               Axis::linear(api::all_of(curves, &api::Curve::y), frame.bottom - 10, frame.top + 10);
           return api::draw_curves(frame, curves, x, y, "step", escape_html(page.loss));
         });
}

}  // namespace

std::string training_page(const TrainingPage& page) {
  std::string facts;
  for (const auto& [name, value] : page.facts)
    facts += api::fact(escape_html(name), "<bdi>" + escape_html(value) + "</bdi>");
  const std::string header = fmt::format(
      "<header>\n<h1><bdi>{}</bdi></h1>\n<p class=\"by\">nybble {}</p>\n<dl>\n{}</dl>\n</header>\n",
      escape_html(page.title), escape_html(version()), facts);
  const std::string section = api::section(
      "Loss", "Of the texts of each step, and of others that are only looked at; less is better.",
      plot(page));
  return api::whole_page(page.title, header + "<main>\n" + section + "</main>\n");
}

void write_training_page(const TrainingPage& page, const std::filesystem::path& path,
                         bool replace) {
  const std::string content = training_page(page);
  AtomicFile file(path, replace);
  file.write(std::as_bytes(std::span(content)));
  file.commit();
}

}  // namespace nybble
