#include "api/page_plan_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "api/page_frame.h"
#include "api/page_labels.h"
#include "api/page_models.h"
#include "api/page_text.h"

namespace nybble::api {
namespace {

constexpr double inset = 22;

struct Point {
  const PlanChoice* choice;
  double gigabytes, y;
};

double gigabytes_of(const PlanChoice& choice) {
  return static_cast<double>(choice.memory.host() + choice.memory.gpu()) * 1e-9;
}

PageModel sign_of(std::size_t sign) {
  PageModel model;
  model.sign = sign;
  return model;
}

class PlanPlot {
 public:
  PlanPlot(const PlotFrame& frame, const PlanReport& report, const std::vector<Point>& points,
           std::string_view y_title)
      : frame_(frame), report_(report), points_(points), y_title_(y_title) {
    std::vector<double> xs, ys;
    for (const Point& point : points) {
      xs.push_back(point.gigabytes);
      ys.push_back(point.y);
    }
    const auto [least, most] = std::ranges::minmax(xs);
    // A machine with far more memory than any choice takes must not press them together.
    budget_ = static_cast<double>(report.memory_bytes + report.vram_bytes) * 1e-9;
    shows_budget_ = budget_ > least / 2 && budget_ < most * 2;
    if (shows_budget_) xs.push_back(budget_);
    x_ = Axis::logarithmic(xs, frame.left + inset, frame.right - inset);
    y_ = Axis::logarithmic(ys, frame.bottom - inset, frame.top + inset);
  }

  std::string draw() {
    std::string drawing = draw_frame(frame_, x_, y_, "memory, GB", y_title_) + draw_budget();
    for (const Point& point : points_) drawing += draw_point(point);
    return drawing + draw_labels();
  }

 private:
  std::string draw_budget() {
    if (!shows_budget_) return {};
    const double x = x_.place(budget_);
    obstacles_.push_back({x - 2, frame_.top, x + 2, frame_.bottom});
    return fmt::format("<path class=\"floor\" d=\"M{:.1f},{:.1f}V{:.1f}\"/>\n", x, frame_.top,
                       frame_.bottom);
  }

  std::string draw_point(const Point& point) {
    const PlanChoice& choice = *point.choice;
    const double x = x_.place(point.gigabytes), y = y_.place(point.y);
    const PageModel model = sign_of(plan_sign(report_, choice));
    obstacles_.push_back({x - 8, y - 8, x + 8, y + 8});
    return fmt::format("<g class=\"{}{}\"><title>{} in {}: {:.2f} GB, {}{}</title>{}</g>\n",
                       sign_class(model), choice.fits ? "" : " beaten", escape_html(choice.model),
                       escape_html(choice.type), point.gigabytes, significant(point.y, 3),
                       choice.fits ? "" : ", does not fit", marker(model, x, y));
  }

  std::string draw_labels() const {
    std::vector<LabelledPoint> places;
    for (const Point& point : points_)
      places.push_back(
          labelled_point(x_.place(point.gigabytes), y_.place(point.y), point.choice->type));
    const Box bounds{frame_.left + 2, frame_.top, frame_.right - 2, frame_.bottom - 2};
    const std::vector<std::optional<Box>> boxes = place_labels(places, obstacles_, bounds);
    std::string drawing;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      if (boxes[i]) drawing += draw_label(places[i], *boxes[i], points_[i].choice->type);
    }
    return drawing;
  }

  const PlotFrame& frame_;
  const PlanReport& report_;
  const std::vector<Point>& points_;
  std::string_view y_title_;
  Axis x_, y_;
  double budget_ = 0;
  bool shows_budget_ = false;
  std::vector<Box> obstacles_;
};

template <class Number>
std::string plot(const PlanReport& report, std::string_view title, std::string_view y_title,
                 const Number& number) {
  std::vector<Point> points;
  for (const PlanChoice& choice : report.choices) {
    const double y = number(choice);
    if (y > 0) points.push_back({&choice, gigabytes_of(choice), y});
  }
  if (points.empty()) return {};
  return draw_in_both_sizes(title, [&](const PlotFrame& frame) {
    return PlanPlot(frame, report, points, y_title).draw();
  });
}

}  // namespace

std::size_t plan_sign(const PlanReport& report, const PlanChoice& choice) {
  const auto model = std::ranges::find(report.models, choice.model, &PlannedModel::name);
  return static_cast<std::size_t>(model - report.models.begin());
}

std::string plan_speed_plot(const PlanReport& report) {
  return plot(report, "Tokens a second by memory", "tokens/s of each user",
              [](const PlanChoice& choice) { return choice.speed ? choice.speed->generation : 0; });
}

std::string plan_loss_plot(const PlanReport& report) {
  return plot(report, "Published loss by memory", "KL divergence, nats",
              [](const PlanChoice& choice) { return choice.typical_divergence.value_or(0); });
}

std::string plan_key(const PlanReport& report) {
  std::vector<PageModel> signs;
  for (std::size_t i = 0; i < report.models.size(); ++i) {
    signs.push_back(sign_of(i));
    signs.back().label = report.models[i].name;
  }
  return key_of_signs(signs);
}

}  // namespace nybble::api
