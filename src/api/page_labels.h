// Places for the labels of points in a plot, where they hide each other and the drawing least.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace nybble::api {

struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;
};

struct LabelledPoint {
  double x = 0, y = 0;
  double width = 0, height = 0;  // of the label
};

// A box for each label, in the order of the points; nothing where all places are over other labels.
std::vector<std::optional<Box>> place_labels(const std::vector<LabelledPoint>& points,
                                             const std::vector<Box>& obstacles, const Box& bounds);

// The line from a point to its label; nothing when they are so near that it is plain.
struct Leader {
  double x = 0, y = 0, to_x = 0, to_y = 0;
};
std::optional<Leader> leader_to(const LabelledPoint& point, const Box& label);

// A point with room for this text, which is not escaped.
LabelledPoint labelled_point(double x, double y, const std::string& text);
// The text in its box, as SVG, with a leader where that is wanted.
std::string draw_label(const LabelledPoint& point, const Box& box, const std::string& text);

}  // namespace nybble::api
