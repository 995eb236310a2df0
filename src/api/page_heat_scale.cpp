#include "api/page_heat_scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace nybble::api {
namespace {

// viridis of matplotlib (Smith and van der Walt, 2015; CC0) at equal steps: its lightness rises
// evenly, also for eyes that do not tell red from green.
constexpr std::array<std::array<int, 3>, 9> viridis{{{68, 1, 84},
                                                     {71, 45, 123},
                                                     {59, 82, 139},
                                                     {44, 114, 142},
                                                     {33, 145, 140},
                                                     {40, 174, 128},
                                                     {94, 201, 98},
                                                     {173, 220, 48},
                                                     {253, 231, 37}}};

constexpr double bar_left = 14, bar_right = 326, bar_steps = 39;

std::string mix(double share) {
  const double place = share * static_cast<double>(viridis.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), viridis.size() - 2);
  const double part = place - static_cast<double>(below);
  std::string colour = "#";
  for (std::size_t i = 0; i < 3; ++i) {
    colour += fmt::format(
        "{:02x}", std::lround(viridis[below][i] * (1 - part) + viridis[below + 1][i] * part));
  }
  return colour;
}

std::vector<double> above_zero(const std::vector<double>& errors) {
  std::vector<double> kept;
  std::copy_if(errors.begin(), errors.end(), std::back_inserter(kept),
               [](double error) { return error > 0; });
  return kept;
}

}  // namespace

HeatScale::HeatScale(const std::vector<double>& errors)
    : axis_(Axis::logarithmic(above_zero(errors), bar_left, bar_right)) {}

std::string HeatScale::colour(double error) const {
  return mix((axis_.place(error) - bar_left) / (bar_right - bar_left));
}

std::string HeatScale::draw() const {
  std::string drawing =
      "<svg class=\"scale\" viewBox=\"0 0 340 46\" width=\"340\" height=\"46\" role=\"img\" "
      "aria-label=\"Scale of colours\">\n";
  constexpr double step = (bar_right - bar_left) / bar_steps;
  for (double x = bar_left; x < bar_right - step / 2; x += step) {
    // A little too wide, so that no background shines through between the steps.
    drawing +=
        fmt::format("<rect x=\"{:.1f}\" y=\"2\" width=\"{:.1f}\" height=\"14\" fill=\"{}\"/>\n", x,
                    std::min(step + 0.5, bar_right - x),
                    mix((x + step / 2 - bar_left) / (bar_right - bar_left)));
  }
  for (const Tick& tick : axis_.ticks(5)) {
    drawing += fmt::format(
        "<path class=\"axis\" d=\"M{0:.1f},16v5\"/>"
        "<text x=\"{0:.1f}\" y=\"38\" text-anchor=\"middle\">{1}</text>\n",
        tick.place, tick.label);
  }
  return drawing + "</svg>\n";
}

}  // namespace nybble::api
