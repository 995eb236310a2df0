// From numbers to places along one side of a plot, with ticks at round numbers.
#pragma once

#include <string>
#include <vector>

namespace nybble::api {

struct Tick {
  double place = 0;
  std::string label;
};

class Axis {
 public:
  // Places run from `first` (the smallest number) to `last`. Numbers that are not finite count for
  // nothing; without any, and with all equal, the axis is still of some length.
  static Axis linear(const std::vector<double>& numbers, double first, double last);

  // Numbers of 0 and below have no logarithm: where there are some, the axis ends in a gap with a
  // tick "0" at `first`, and they stand there.
  static Axis logarithmic(const std::vector<double>& numbers, double first, double last);

  // Inside the axis, also for numbers outside.
  double place(double number) const;

  // About `wanted` of them.
  std::vector<Tick> ticks(int wanted) const;

  bool shows_zero() const { return shows_zero_; }

 private:
  std::vector<Tick> linear_ticks(int wanted) const;
  std::vector<Tick> logarithmic_ticks(int wanted) const;

  bool logarithmic_ = false, shows_zero_ = false;
  double low_ = 0, high_ = 1;  // decimal logarithms on a logarithmic axis
  double first_ = 0, last_ = 1;
  double start_ = 0;  // the place of low_: first_, or past the gap
};

}  // namespace nybble::api
