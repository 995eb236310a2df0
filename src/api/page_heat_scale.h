// The scale of colours of the heat maps: dark is a small error, bright a large one.
#pragma once

#include <string>
#include <vector>

#include "api/page_axis.h"

namespace nybble::api {

class HeatScale {
 public:
  // Logarithmic, over the errors above zero.
  explicit HeatScale(const std::vector<double>& errors);

  // "#rrggbb", for an error above zero.
  std::string colour(double error) const;

  // A bar with ticks.
  std::string draw() const;

 private:
  Axis axis_;
};

}  // namespace nybble::api
