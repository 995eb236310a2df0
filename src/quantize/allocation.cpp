#include "quantize/allocation.h"

#include <algorithm>
#include <numeric>

namespace nybble::quantize {
namespace {

// From one corner of a tensor's hull to the next.
struct Step {
  std::size_t tensor = 0, option = 0;
  std::uint64_t bytes = 0;  // more than the corner before
  double gain = 0;          // loss that goes away per byte
};

double gain_between(const FormatOption& small, const FormatOption& large) {
  return (small.loss - large.loss) / static_cast<double>(large.bytes - small.bytes);
}

// The corners of the lower convex hull of (bytes, loss), from the fewest bytes on.
std::vector<std::size_t> hull_of(std::span<const FormatOption> options) {
  std::vector<std::size_t> order(options.size()), hull;
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {},
                    [&](std::size_t i) { return std::pair(options[i].bytes, options[i].loss); });
  for (const std::size_t i : order) {
    if (!hull.empty() && !(options[i].loss < options[hull.back()].loss)) continue;
    if (!hull.empty() && options[i].bytes == options[hull.back()].bytes) continue;
    while (hull.size() > 1) {
      const FormatOption &before = options[hull[hull.size() - 2]], &last = options[hull.back()];
      if (gain_between(before, last) > gain_between(last, options[i])) break;
      hull.pop_back();
    }
    hull.push_back(i);
  }
  return hull;
}

}  // namespace

std::vector<std::size_t> allocate(std::span<const std::vector<FormatOption>> tensors,
                                  std::uint64_t budget) {
  std::vector<std::size_t> choice(tensors.size());
  std::vector<Step> steps;
  std::uint64_t used = 0;
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    const std::vector<std::size_t> hull = hull_of(tensors[t]);
    choice[t] = hull.front();
    used += tensors[t][hull.front()].bytes;
    for (std::size_t i = 1; i < hull.size(); ++i) {
      const FormatOption &from = tensors[t][hull[i - 1]], &to = tensors[t][hull[i]];
      steps.push_back({t, hull[i], to.bytes - from.bytes, gain_between(from, to)});
    }
  }
  // Gains fall along a hull, so a stable sort keeps the steps of a tensor in their order.
  std::ranges::stable_sort(steps, std::ranges::greater{}, &Step::gain);
  std::vector<bool> stopped(tensors.size());
  for (const Step& step : steps) {
    if (stopped[step.tensor]) continue;
    if (used + step.bytes > budget) {
      stopped[step.tensor] = true;  // its later steps start where this one ends
      continue;
    }
    used += step.bytes;
    choice[step.tensor] = step.option;
  }
  return choice;
}

}  // namespace nybble::quantize
