#include "api/page_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/page_text.h"

namespace nybble::api {
namespace {

// Markers on a line: enough to tell it apart, and not all at the same place of each line.
constexpr std::size_t markers = 8;

std::string draw_curve(const Curve& curve, const Axis& x, const Axis& y) {
  std::string path, signs;
  const std::size_t every = std::max<std::size_t>(1, curve.x.size() / markers);
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    const double at_x = x.place(curve.x[i]), at_y = y.place(curve.y[i]);
    path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "M" : "L", at_x, at_y);
    const bool marked = curve.y[i] > curve.marked_above && (i + curve.model->sign) % every == 0;
    if (marked) signs += marker(*curve.model, at_x, at_y);
  }
  return fmt::format(
      "<g class=\"curve {}\"><title>{}</title><path class=\"line\" d=\"{}\" "
      "stroke-dasharray=\"{}\"/>{}</g>\n",
      sign_class(*curve.model), escape_html(curve.model->name), path, dash_array(*curve.model),
      signs);
}

}  // namespace

std::vector<double> all_of(const std::vector<Curve>& curves, std::vector<double> Curve::*side) {
  std::vector<double> all;
  for (const Curve& curve : curves) {
    all.insert(all.end(), (curve.*side).begin(), (curve.*side).end());
  }
  return all;
}

std::string draw_curves(const PlotFrame& frame, const std::vector<Curve>& curves, const Axis& x,
                        const Axis& y, std::string_view x_title, std::string_view y_title) {
  std::string drawing = draw_frame(frame, x, y, x_title, y_title);
  for (const Curve& curve : curves) drawing += draw_curve(curve, x, y);
  return drawing;
}

}  // namespace nybble::api
