#include "api/page_labels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace nybble::api {
namespace {

// Costs are in hidden units of area. A label over a label is unreadable, one over a line or a sign
// is only ugly; a label out of the drawing is cut. Distance costs too, as a far label belongs to no
// point.
constexpr double cost_of_label = 4, cost_of_obstacle = 2, cost_of_cut = 20, cost_of_distance = 6;
// Above and to the right of a front that falls there is room, so labels look there first.
constexpr double cost_of_direction = 50, liked_direction = -std::numbers::pi / 4;
constexpr int directions = 16;
constexpr double nearest = 11, farthest = 90, step = 8;

double area(const Box& box) {
  return std::max(0.0, box.right - box.left) * std::max(0.0, box.bottom - box.top);
}

Box shared(const Box& a, const Box& b) {
  return {std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right),
          std::min(a.bottom, b.bottom)};
}

// The label touches a circle around its point.
Box box_at(const LabelledPoint& point, double distance, double angle) {
  const double x = point.x + std::cos(angle) * (distance + point.width / 2);
  const double y = point.y + std::sin(angle) * (distance + point.height / 2);
  return {x - point.width / 2, y - point.height / 2, x + point.width / 2, y + point.height / 2};
}

double cost_of(const Box& box, const std::vector<Box>& labels, const std::vector<Box>& obstacles,
               const Box& bounds) {
  double cost = cost_of_cut * (area(box) - area(shared(box, bounds)));
  for (const Box& label : labels) cost += cost_of_label * area(shared(box, label));
  for (const Box& obstacle : obstacles) cost += cost_of_obstacle * area(shared(box, obstacle));
  return cost;
}

}  // namespace

std::vector<Box> place_labels(const std::vector<LabelledPoint>& points,
                              const std::vector<Box>& obstacles, const Box& bounds) {
  std::vector<Box> labels;
  for (const LabelledPoint& point : points) {
    Box best;
    double least = std::numeric_limits<double>::infinity();
    for (double distance = nearest; distance <= farthest; distance += step) {
      for (int direction = 0; direction < directions; ++direction) {
        const double angle = 2 * std::numbers::pi * direction / directions;
        const Box box = box_at(point, distance, angle);
        const double cost = cost_of(box, labels, obstacles, bounds) + cost_of_distance * distance +
                            cost_of_direction * (1 - std::cos(angle - liked_direction));
        if (cost < least) {
          least = cost;
          best = box;
        }
      }
    }
    labels.push_back(best);
  }
  return labels;
}

}  // namespace nybble::api
