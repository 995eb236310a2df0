// Lines in a plot, each with the sign of its model.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/page_axis.h"
#include "api/page_frame.h"
#include "api/page_models.h"

namespace nybble::api {

struct Curve {
  const PageModel* model = nullptr;
  std::vector<double> x, y;
  double marked_above = -1;  // of y: markers where all curves lie on the axis tell nothing
};

// One side of all curves, for its axis.
std::vector<double> all_of(const std::vector<Curve>& curves, std::vector<double> Curve::*side);

// With grid and ticks. Titles are HTML.
std::string draw_curves(const PlotFrame& frame, const std::vector<Curve>& curves, const Axis& x,
                        const Axis& y, std::string_view x_title, std::string_view y_title);

}  // namespace nybble::api
