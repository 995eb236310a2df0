#include "api/page_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "api/page_text.h"

namespace nybble::api {
namespace {

// Of the zero from the smallest number, in units of the plot: room for a label of its own.
constexpr double zero_gap = 30;

std::vector<double> finite(const std::vector<double>& numbers) {
  std::vector<double> kept;
  std::copy_if(numbers.begin(), numbers.end(), std::back_inserter(kept),
               [](double x) { return std::isfinite(x); });
  return kept;
}

// The smallest of 1, 2 and 5 times a power of ten that is not below `least`.
double round_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least) return factor * power;
  }
  return 10 * power;
}

// Of factor * 10^exponent.
std::string power_label(int factor, int exponent) {
  if (exponent < -4 || exponent > 4) {
    const std::string power = power_of_ten(exponent);
    return factor == 1 ? power : fmt::format("{}\u00b7{}", factor, power);
  }
  return fmt::format("{:.{}f}", factor * std::pow(10.0, exponent), std::max(0, -exponent));
}

}  // namespace

Axis Axis::linear(const std::vector<double>& numbers, double first, double last) {
  Axis axis;
  axis.first_ = axis.start_ = first;
  axis.last_ = last;
  const std::vector<double> kept = finite(numbers);
  if (kept.empty()) return axis;
  const auto [low, high] = std::minmax_element(kept.begin(), kept.end());
  axis.low_ = *low;
  axis.high_ = *high;
  if (axis.high_ - axis.low_ <= 1e-9 * std::abs(axis.high_)) {
    const double margin = axis.high_ == 0 ? 1 : std::abs(axis.high_) / 10;
    axis.low_ -= margin;
    axis.high_ += margin;
  }
  return axis;
}

Axis Axis::logarithmic(const std::vector<double>& numbers, double first, double last) {
  std::vector<double> exponents;
  bool zero = false;
  for (const double number : finite(numbers)) {
    zero = zero || number <= 0;
    if (number > 0) exponents.push_back(std::log10(number));
  }
  if (exponents.empty()) exponents = {-3, 0};
  Axis axis = linear(exponents, first, last);
  axis.logarithmic_ = true;
  axis.shows_zero_ = zero;
  // From 2 to 5, the widest gap between round numbers, are 0.398 decades: one of them has a tick.
  const double missing = 0.4 - (axis.high_ - axis.low_);
  if (missing > 0) {
    axis.low_ -= missing / 2;
    axis.high_ += missing / 2;
  }
  if (zero) axis.start_ += first < last ? zero_gap : -zero_gap;
  return axis;
}

double Axis::place(double number) const {
  if (logarithmic_ && number <= 0) return first_;
  const double at = logarithmic_ ? std::log10(number) : number;
  const double share = std::clamp((at - low_) / (high_ - low_), 0.0, 1.0);
  return start_ + share * (last_ - start_);
}

std::vector<Tick> Axis::ticks(int wanted) const {
  return logarithmic_ ? logarithmic_ticks(wanted) : linear_ticks(wanted);
}

std::vector<Tick> Axis::linear_ticks(int wanted) const {
  const double step = round_step((high_ - low_) / wanted);
  const int digits = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  std::vector<Tick> ticks;
  const double from = std::ceil(low_ / step - 1e-9), until = std::floor(high_ / step + 1e-9);
  for (double i = from; i <= until && ticks.size() < 100; ++i) {
    ticks.push_back({place(i * step), decimals(i * step, digits)});
  }
  return ticks;
}

std::vector<Tick> Axis::logarithmic_ticks(int wanted) const {
  std::vector<Tick> ticks;
  if (shows_zero_) ticks.push_back({first_, "0"});
  const double decades = high_ - low_;
  const int every = std::max(1, static_cast<int>(std::ceil(decades / wanted)));
  const std::vector<int> factors =
      3 * decades <= wanted ? std::vector<int>{1, 2, 5} : std::vector<int>{1};
  const int last = static_cast<int>(std::floor(high_ + 1e-9));
  for (int exponent = static_cast<int>(std::floor(low_)); exponent <= last; ++exponent) {
    if (exponent % every != 0) continue;
    for (const int factor : factors) {
      const double at = exponent + std::log10(factor);
      if (at < low_ - 1e-9 || at > high_ + 1e-9) continue;
      ticks.push_back({place(factor * std::pow(10.0, exponent)), power_label(factor, exponent)});
    }
  }
  return ticks;
}

}  // namespace nybble::api
