#include "api/page_frame.h"

#include <fmt/format.h>

namespace nybble::api {
namespace {

constexpr PlotFrame wide{.width = 920,
                         .height = 470,
                         .left = 64,
                         .top = 36,
                         .right = 906,
                         .bottom = 416,
                         .columns = 9,
                         .characters = 32};
constexpr PlotFrame narrow{.width = 340,
                           .height = 400,
                           .left = 56,
                           .top = 36,
                           .right = 336,
                           .bottom = 346,
                           .columns = 4,
                           .characters = 14};

// Along y, for both sizes.
constexpr int rows = 6;

std::string draw_svg(std::string_view kind, std::string_view title, const PlotFrame& frame,
                     const std::string& inside) {
  return fmt::format(
      "<svg class=\"plot {}\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">\n{}"
      "</svg>\n",
      kind, frame.width, frame.height, title, inside);
}

}  // namespace

std::string draw_frame(const PlotFrame& frame, const Axis& x, const Axis& y,
                       std::string_view x_title, std::string_view y_title) {
  std::string grid, labels;
  for (const Tick& tick : x.ticks(frame.columns)) {
    grid += fmt::format("M{:.1f},{:.1f}V{:.1f}", tick.place, frame.top, frame.bottom);
    labels += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
                          tick.place, frame.bottom + 20, tick.label);
  }
  for (const Tick& tick : y.ticks(rows)) {
    grid += fmt::format("M{:.1f},{:.1f}H{:.1f}", frame.left, tick.place, frame.right);
    labels += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
                          frame.left - 8, tick.place + 5, tick.label);
  }
  return fmt::format(
      "<path class=\"grid\" d=\"{}\"/>\n"
      "<path class=\"axis\" d=\"M{:.1f},{:.1f}V{:.1f}H{:.1f}\"/>\n"
      "<g class=\"ticks\">\n{}</g>\n"
      "<text class=\"title\" x=\"2\" y=\"18\">{}</text>\n"
      "<text class=\"title\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
      grid, frame.left, frame.top, frame.bottom, frame.right, labels, y_title, frame.right,
      frame.bottom + 44, x_title);
}

std::string draw_in_both_sizes(std::string_view title,
                               const std::function<std::string(const PlotFrame&)>& draw) {
  return draw_svg("wide", title, wide, draw(wide)) +
         draw_svg("narrow", title, narrow, draw(narrow));
}

}  // namespace nybble::api
