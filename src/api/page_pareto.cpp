// The plot of divergence against size.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

#include "api/page_frame.h"
#include "api/page_labels.h"
#include "api/page_plots.h"
#include "api/page_text.h"

namespace nybble::api {
namespace {

using Models = std::vector<PageModel>;

// Between points and the frame.
constexpr double inset = 22;
Models with_numbers(const Models& models) {
  Models kept;
  std::copy_if(models.begin(), models.end(), std::back_inserter(kept),
               [](const PageModel& each) { return std::isfinite(each.mean_divergence()); });
  return kept;
}

bool beats(const PageModel& a, const PageModel& b) {
  const double size = a.megabytes() - b.megabytes();
  const double divergence = a.mean_divergence() - b.mean_divergence();
  return size <= 0 && divergence <= 0 && (size < 0 || divergence < 0);
}

bool on_front(const PageModel& model, const Models& models) {
  return std::none_of(models.begin(), models.end(),
                      [&](const PageModel& other) { return beats(other, model); });
}

// The larger of what computing twice and what computing otherwise gives.
double floor_of(const DivergenceFloor& floor) {
  return std::max(std::isfinite(floor.same_kernels) ? floor.same_kernels : 0,
                  std::isfinite(floor.compute) ? floor.compute : 0);
}

// What the axis of divergence has to show.
std::vector<double> shown_divergences(const Models& models, const DivergenceFloor& floor) {
  std::vector<double> shown;
  for (const PageModel& each : models) {
    const Estimate& mean = each.measured().divergence->mean;
    shown.push_back(mean.value);
    if (!has_interval(mean)) continue;
    // An interval down to nearly nothing must not press the means together.
    if (mean.value > 0) shown.push_back(std::max(mean.low, mean.value / 10));
    shown.push_back(std::max(mean.high, mean.value));
  }
  const auto above_zero = [](double x) { return x > 0; };
  std::vector<double> positive;
  std::copy_if(shown.begin(), shown.end(), std::back_inserter(positive), above_zero);
  // A floor far below would take the room of the models; the head of the page has it anyway.
  const double least = floor_of(floor);
  if (least > 0 && !positive.empty() &&
      least > *std::min_element(positive.begin(), positive.end()) / 10) {
    shown.push_back(least);
  }
  return shown;
}

class ParetoPlot {
 public:
  ParetoPlot(const PlotFrame& frame, const Models& models, const DivergenceFloor& floor)
      : frame_(frame), models_(models), floor_(floor_of(floor)) {
    std::vector<double> sizes;
    for (const PageModel& each : models) sizes.push_back(each.megabytes());
    divergences_ = shown_divergences(models, floor);
    x_ = Axis::linear(sizes, frame.left + inset, frame.right - inset);
    y_ = Axis::logarithmic(divergences_, frame.bottom - inset, frame.top + inset);
  }

  std::string draw() {
    std::string drawing = draw_frame(frame_, x_, y_, "file size, MB", "mean KL divergence, nats");
    drawing += draw_floor() + draw_front();
    for (const PageModel& each : models_) drawing += draw_model(each);
    return drawing + draw_labels();
  }

 private:
  double x_of(const PageModel& model) const { return x_.place(model.megabytes()); }
  double y_of(const PageModel& model) const { return y_.place(model.mean_divergence()); }

  std::string draw_floor() const {
    if (std::find(divergences_.begin(), divergences_.end(), floor_) == divergences_.end() ||
        floor_ <= 0) {
      return {};
    }
    const double y = y_.place(floor_);
    return fmt::format(
        "<path class=\"floor\" d=\"M{:.1f},{:.1f}H{:.1f}\"/>\n"
        "<text class=\"note\" x=\"{:.1f}\" y=\"{:.1f}\">floor of the measurement</text>\n",
        frame_.left, y, frame_.right, frame_.left + 6, y + 17);
  }

  // A model stays the best choice up to the size of the next one: a step, not a slope.
  std::string draw_front() {
    std::string path;
    double last_y = frame_.top;
    for (const PageModel& each : models_) {
      if (!on_front(each, models_)) continue;
      const double x = x_of(each), y = y_of(each);
      path +=
          path.empty() ? fmt::format("M{:.1f},{:.1f}", x, frame_.top) : fmt::format("H{:.1f}", x);
      path += fmt::format("V{:.1f}", y);
      obstacles_.push_back({x - 2, last_y, x + 2, y});
      obstacles_.push_back({x, y - 2, frame_.right, y + 2});
      last_y = y;
    }
    if (path.empty()) return {};
    return fmt::format("<path class=\"front\" d=\"{}H{:.1f}\"/>\n", path, frame_.right);
  }

  std::string draw_model(const PageModel& model) {
    const Estimate& mean = model.measured().divergence->mean;
    const double x = x_of(model), y = y_of(model);
    std::string drawing = fmt::format(
        "<g class=\"{}{}\"><title>{}: {} MB, mean KLD {}{}</title>", sign_class(model),
        on_front(model, models_) ? "" : " beaten", escape_html(model.name),
        megabytes_text(model.measured().size.file_bytes), significant(mean.value, 3),
        has_interval(mean)
            ? fmt::format(" ({} to {})", significant(mean.low, 3), significant(mean.high, 3))
            : "");
    if (has_interval(mean)) {
      const double low = y_.place(mean.low), high = y_.place(mean.high);
      drawing += fmt::format(
          "<path class=\"whisker\" d=\"M{0:.1f},{2:.1f}V{3:.1f}M{1:.1f},{2:.1f}h10"
          "M{1:.1f},{3:.1f}h10\"/>",
          x, x - 5, low, high);
      obstacles_.push_back({x - 5, high - 2, x + 5, low + 2});
    }
    obstacles_.push_back({x - 8, y - 8, x + 8, y + 8});
    return drawing + marker(model, x, y) + "</g>\n";
  }

  std::string draw_labels() const {
    std::vector<LabelledPoint> points;
    std::vector<std::string> texts;
    for (const PageModel& each : models_) {
      texts.push_back(clip_text(each.label, frame_.characters));
      points.push_back(labelled_point(x_of(each), y_of(each), texts.back()));
    }
    const Box bounds{frame_.left + 2, frame_.top, frame_.right - 2, frame_.bottom - 2};
    const std::vector<std::optional<Box>> boxes = place_labels(points, obstacles_, bounds);
    std::string drawing;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      if (boxes[i]) drawing += draw_label(points[i], *boxes[i], texts[i]);
    }
    return drawing;
  }

  const PlotFrame& frame_;
  const Models& models_;
  double floor_;
  std::vector<double> divergences_;
  Axis x_, y_;
  std::vector<Box> obstacles_;
};

}  // namespace

std::string pareto_plot(const std::vector<PageModel>& models, const DivergenceFloor& floor) {
  const Models shown = with_numbers(models);
  std::string left_out;
  for (const PageModel& each : models) {
    if (std::isfinite(each.mean_divergence())) continue;
    left_out += (left_out.empty() ? "Not in the plot, for want of a finite divergence: " : ", ") +
                escape_html(each.name);
  }
  if (!left_out.empty()) left_out = "<p class=\"note\">" + left_out + ".</p>\n";
  if (shown.empty()) return left_out;
  return draw_in_both_sizes(
             "Mean KL divergence by file size",
             [&](const PlotFrame& frame) { return ParetoPlot(frame, shown, floor).draw(); }) +
         left_out;
}

}  // namespace nybble::api
