// The frame of a plot in SVG: grid, ticks and titles; and a plot in a wide and a narrow size.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "api/page_axis.h"

namespace nybble::api {

// Of the drawing, and of the plot within it, in units that are about pixels on the screen.
struct PlotFrame {
  double width = 0, height = 0;
  double left = 0, top = 0, right = 0, bottom = 0;
  int columns = 0;             // ticks wanted along x
  std::size_t characters = 0;  // of a label inside
};

// Grid and ticks. Titles are HTML.
std::string draw_frame(const PlotFrame& frame, const Axis& x, const Axis& y,
                       std::string_view x_title, std::string_view y_title);

// Drawn twice, of which the style sheet shows one: scaling one drawing down to a phone would scale
// its text below what can be read.
std::string draw_in_both_sizes(std::string_view title,
                               const std::function<std::string(const PlotFrame&)>& draw);

}  // namespace nybble::api
