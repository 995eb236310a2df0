#include "api/page_labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "api/page_text.h"

namespace nybble::api {
namespace {

// Costs are in hidden units of area. A label over a label is unreadable, one over a line or a sign
// is only ugly; a label out of the drawing is cut. Distance costs too, as a far label belongs to no
// point, and each point of a leader on something else.
constexpr double cost_of_label = 20, cost_of_obstacle = 2, cost_of_cut = 20, cost_of_distance = 6;
constexpr double cost_of_crossing = 40;
// Above and to the right of a front that falls there is room, so labels look there first.
constexpr double cost_of_direction = 50, liked_direction = -std::numbers::pi / 4;
constexpr int directions = 16;
constexpr double label_height = 19, character_width = 8.6, label_padding = 6;
constexpr double nearest = 11, farthest = 90, step = 8;

// A leader shows from 9 units off its point, which is past the marker.
constexpr double leader_start = 9, leader_least = 7, leader_step = 4;

double area(const Box& box) {
  return std::max(0.0, box.right - box.left) * std::max(0.0, box.bottom - box.top);
}

Box shared(const Box& a, const Box& b) {
  return {std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right),
          std::min(a.bottom, b.bottom)};
}

double shared_area(const Box& box, const std::vector<Box>& others) {
  double sum = 0;
  for (const Box& other : others) sum += area(shared(box, other));
  return sum;
}

// The label touches a circle around its point.
Box box_at(const LabelledPoint& point, double distance, double angle) {
  const double x = point.x + std::cos(angle) * (distance + point.width / 2);
  const double y = point.y + std::sin(angle) * (distance + point.height / 2);
  return {x - point.width / 2, y - point.height / 2, x + point.width / 2, y + point.height / 2};
}

// Small boxes along a leader.
std::vector<Box> stops(const LabelledPoint& point, const Box& label) {
  std::vector<Box> boxes;
  const std::optional<Leader> leader = leader_to(point, label);
  if (!leader) return boxes;
  const double dx = leader->to_x - leader->x, dy = leader->to_y - leader->y;
  const double length = std::hypot(dx, dy);
  for (double at = 0; at < length; at += leader_step) {
    const double x = leader->x + dx * at / length, y = leader->y + dy * at / length;
    boxes.push_back({x - 1, y - 1, x + 1, y + 1});
  }
  return boxes;
}

struct Drawn {
  std::vector<Box> labels, obstacles;
  Box bounds;
};

double cost_of(const LabelledPoint& point, const Box& box, const Drawn& drawn) {
  double cost = cost_of_cut * (area(box) - area(shared(box, drawn.bounds))) +
                cost_of_label * shared_area(box, drawn.labels) +
                cost_of_obstacle * shared_area(box, drawn.obstacles);
  for (const Box& stop : stops(point, box)) {
    const bool crosses = shared_area(stop, drawn.labels) + shared_area(stop, drawn.obstacles) > 0;
    if (crosses) cost += cost_of_crossing;
  }
  return cost;
}

Box best_box(const LabelledPoint& point, const Drawn& drawn) {
  Box best;
  double least = std::numeric_limits<double>::infinity();
  for (double distance = nearest; distance <= farthest; distance += step) {
    for (int direction = 0; direction < directions; ++direction) {
      const double angle = 2 * std::numbers::pi * direction / directions;
      const Box box = box_at(point, distance, angle);
      const double cost = cost_of(point, box, drawn) + cost_of_distance * distance +
                          cost_of_direction * (1 - std::cos(angle - liked_direction));
      if (cost < least) {
        least = cost;
        best = box;
      }
    }
  }
  return best;
}

}  // namespace

std::vector<std::optional<Box>> place_labels(const std::vector<LabelledPoint>& points,
                                             const std::vector<Box>& obstacles, const Box& bounds) {
  Drawn drawn{.labels = {}, .obstacles = obstacles, .bounds = bounds};
  std::vector<std::optional<Box>> placed;
  for (const LabelledPoint& point : points) {
    const Box box = best_box(point, drawn);
    if (shared_area(box, drawn.labels) > 0) {
      placed.emplace_back();
      continue;
    }
    placed.emplace_back(box);
    drawn.labels.push_back(box);
    const std::vector<Box> leader = stops(point, box);
    drawn.obstacles.insert(drawn.obstacles.end(), leader.begin(), leader.end());
  }
  return placed;
}

std::optional<Leader> leader_to(const LabelledPoint& point, const Box& label) {
  const double x = std::clamp(point.x, label.left, label.right);
  const double y = std::clamp(point.y, label.top, label.bottom);
  const double distance = std::hypot(x - point.x, y - point.y);
  if (distance < leader_start + leader_least) return std::nullopt;
  const double share = leader_start / distance;
  return Leader{point.x + share * (x - point.x), point.y + share * (y - point.y), x, y};
}

LabelledPoint labelled_point(double x, double y, const std::string& text) {
  return {x, y, label_padding + character_width * static_cast<double>(count_characters(text)),
          label_height};
}

std::string draw_label(const LabelledPoint& point, const Box& box, const std::string& text) {
  std::string drawing;
  if (const std::optional<Leader> leader = leader_to(point, box)) {
    drawing = fmt::format("<path class=\"leader\" d=\"M{:.1f},{:.1f}L{:.1f},{:.1f}\"/>\n",
                          leader->x, leader->y, leader->to_x, leader->to_y);
  }
  return drawing + fmt::format(
                       "<text class=\"label\" x=\"{:.1f}\" y=\"{:.1f}\" "
                       "text-anchor=\"middle\">{}</text>\n",
                       (box.left + box.right) / 2, box.bottom - 5, escape_html(text));
}

}  // namespace nybble::api
