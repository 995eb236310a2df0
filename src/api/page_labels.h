// Places for the labels of points in a plot, where they hide each other and the drawing least.
#pragma once

#include <vector>

namespace nybble::api {

struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;
};

struct LabelledPoint {
  double x = 0, y = 0;
  double width = 0, height = 0;  // of the label
};

// A box for each label, in the order of the points; each is placed once, the first ones best.
std::vector<Box> place_labels(const std::vector<LabelledPoint>& points,
                              const std::vector<Box>& obstacles, const Box& bounds);

}  // namespace nybble::api
