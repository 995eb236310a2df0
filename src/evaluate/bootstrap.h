// Intervals by block bootstrap: units (documents, windows) are drawn with replacement, since the
// tokens within one depend on each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "nybble/evaluate.h"

namespace nybble::evaluate {

// The bounds are expanded percentiles: with m units, the share cut off on each side is
// Phi(-sqrt(m / (m - 1)) t), t the 97.5 % point of Student's t with m - 1 degrees of freedom, which
// undoes most of the narrowness of plain percentiles for few units (Hesterberg, "What Teachers
// Should Know About the Bootstrap", 2015, section 3.3). All estimates of one object share its
// draws. With fewer than two units the bounds are NaN.
class Bootstrap {
 public:
  static constexpr int resamples = 2000;

  // unit_of[i]: the unit of sample i, in [0, n_units).
  Bootstrap(std::vector<std::uint32_t> unit_of, std::size_t n_units, std::uint64_t seed);

  std::size_t n_units() const { return n_units_; }
  // transform(mean of x), for an increasing or decreasing transform; empty: the mean itself.
  Estimate mean(std::span<const double> x,
                const std::function<double(double)>& transform = {}) const;
  // The q-quantile of x: the smallest value that at least a share q of the samples does not exceed.
  Estimate quantile(std::span<const double> x, double q) const;

 private:
  Estimate with_bounds(double value, std::vector<double> resampled) const;
  // Units drawn in a resample, as often as they were.
  std::span<const std::uint16_t> draws(int resample) const {
    return std::span(draws_).subspan(static_cast<std::size_t>(resample) * n_units_, n_units_);
  }

  std::vector<std::uint32_t> unit_of_;
  std::size_t n_units_ = 0;
  std::vector<std::uint64_t> unit_size_;
  std::vector<std::uint16_t> draws_;  // [resamples, n_units]: how often each unit was drawn
};

}  // namespace nybble::evaluate
