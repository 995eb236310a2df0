// The plots with a line per model: divergence by position, and its histogram.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

#include "api/page_lines.h"
#include "api/page_plots.h"

namespace nybble::api {
namespace {

std::vector<Curve> position_curves(const std::vector<PageModel>& models) {
  std::vector<Curve> curves;
  for (const PageModel& each : models) {
    Curve curve;
    curve.model = &each;
    for (const ComparedModel::PositionBin& bin : each.model->by_position) {
      if (bin.tokens == 0 || !std::isfinite(bin.mean)) continue;
      curve.x.push_back((static_cast<double>(bin.first) + bin.last) / 2);
      curve.y.push_back(bin.mean);
    }
    if (!curve.x.empty()) curves.push_back(std::move(curve));
  }
  return curves;
}

// The bins from the first to the last that are not empty in all models: begin and end.
std::pair<std::size_t, std::size_t> used_bins(const std::vector<PageModel>& models) {
  std::size_t begin = SIZE_MAX, end = 0;
  for (const PageModel& each : models) {
    const auto& bins = each.model->histogram;
    for (std::size_t i = 0; i < bins.size(); ++i) {
      if (bins[i] == 0) continue;
      begin = std::min(begin, i);
      end = std::max(end, i + 1);
    }
  }
  return {std::min(begin, end), end};
}

std::vector<Curve> histogram_curves(const std::vector<PageModel>& models) {
  const auto [begin, end] = used_bins(models);
  std::vector<Curve> curves;
  for (const PageModel& each : models) {
    const auto& bins = each.model->histogram;
    const double tokens = std::accumulate(bins.begin(), bins.end(), 0.0);
    if (tokens == 0) continue;
    Curve curve;
    curve.model = &each;
    curve.marked_above = 0.4;
    for (std::size_t i = begin; i < end; ++i) {
      const double middle = ComparedModel::histogram_min +
                            (static_cast<double>(i) + 0.5) * ComparedModel::histogram_width;
      curve.x.push_back(std::pow(10.0, middle));
      curve.y.push_back(i < bins.size() ? 100 * static_cast<double>(bins[i]) / tokens : 0);
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

}  // namespace

std::string position_plot(const std::vector<PageModel>& models) {
  const std::vector<Curve> curves = position_curves(models);
  if (curves.empty()) return {};
  return draw_in_both_sizes("KL divergence by position", [&](const PlotFrame& frame) {
    const Axis x = Axis::linear(all_of(curves, &Curve::x), frame.left + 12, frame.right - 12);
    const Axis y = Axis::logarithmic(all_of(curves, &Curve::y), frame.bottom - 10, frame.top + 10);
    return draw_curves(frame, curves, x, y, "tokens before, in the window",
                       "mean KL divergence, nats");
  });
}

std::string histogram_plot(const std::vector<PageModel>& models) {
  const std::vector<Curve> curves = histogram_curves(models);
  if (curves.empty()) return {};
  return draw_in_both_sizes("Histogram of KL divergence", [&](const PlotFrame& frame) {
    const Axis x = Axis::logarithmic(all_of(curves, &Curve::x), frame.left + 12, frame.right - 12);
    std::vector<double> shares = all_of(curves, &Curve::y);
    shares.push_back(0);
    const Axis y = Axis::linear(shares, frame.bottom, frame.top + 10);
    return draw_curves(frame, curves, x, y, "KL divergence of a token, nats",
                       "% of tokens in a bin of a quarter decade");
  });
}

}  // namespace nybble::api
