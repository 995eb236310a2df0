#include "evaluate/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"

namespace nybble::evaluate {
namespace {

constexpr double normal_975 = 1.959963984540054;

// The 97.5 % point of Student's t: the expansion of Abramowitz and Stegun, 26.7.5; above 3 degrees
// of freedom its error is below 0.5 %.
double student_975(double degrees) {
  const double z = normal_975, z2 = z * z;
  const double g1 = z * (z2 + 1) / 4;
  const double g2 = z * ((5 * z2 + 16) * z2 + 3) / 96;
  const double g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
  return z + (g1 + (g2 + g3 / degrees) / degrees) / degrees;
}

double tail_share(std::size_t n_units) {
  const auto m = static_cast<double>(n_units);
  return std::erfc(std::sqrt(m / (m - 1)) * student_975(m - 1) / std::sqrt(2.0)) / 2;
}

// Between neighbours linear.
double at_share(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

// How many samples a quantile must not exceed; at least one.
std::uint64_t rank_of(double q, std::uint64_t n) {
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(n) - 1e-9)));
}

}  // namespace

Bootstrap::Bootstrap(std::vector<std::uint32_t> unit_of, std::size_t n_units, std::uint64_t seed)
    : unit_of_(std::move(unit_of)),
      n_units_(n_units),
      unit_size_(n_units),
      draws_(n_units * resamples) {
  for (const std::uint32_t unit : unit_of_) ++unit_size_[unit];
  std::uint64_t state = seed;
  for (std::size_t r = 0; r < resamples; ++r) {
    for (std::size_t i = 0; i < n_units_; ++i)
      ++draws_[r * n_units_ + random_below(state, static_cast<std::uint32_t>(n_units_))];
  }
}

Estimate Bootstrap::with_bounds(double value, std::vector<double> resampled) const {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (n_units_ < 2) return {value, nan, nan};
  std::ranges::sort(resampled);
  const double share = tail_share(n_units_);
  return {value, at_share(resampled, share), at_share(resampled, 1 - share)};
}

Estimate Bootstrap::mean(std::span<const double> x,
                         const std::function<double(double)>& transform) const {
  std::vector<double> sums(n_units_);
  for (std::size_t i = 0; i < x.size(); ++i) sums[unit_of_[i]] += x[i];
  const auto finish = [&](double sum, double n) {
    return transform ? transform(sum / n) : sum / n;
  };
  std::vector<double> resampled;
  for (int r = 0; r < resamples; ++r) {
    double sum = 0, n = 0;
    const auto drawn = draws(r);
    for (std::size_t u = 0; u < n_units_; ++u) {
      sum += drawn[u] * sums[u];
      n += drawn[u] * static_cast<double>(unit_size_[u]);
    }
    resampled.push_back(finish(sum, n));
  }
  const double total = std::accumulate(sums.begin(), sums.end(), 0.0);
  return with_bounds(finish(total, static_cast<double>(x.size())), std::move(resampled));
}

Estimate Bootstrap::quantile(std::span<const double> x, double q) const {
  std::vector<std::uint32_t> order(x.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
    return x[a] < x[b] || (x[a] == x[b] && a < b);
  });
  std::vector<double> resampled;
  for (int r = 0; r < resamples; ++r) {
    const auto drawn = draws(r);
    std::uint64_t n = 0;
    for (std::size_t u = 0; u < n_units_; ++u) n += drawn[u] * unit_size_[u];
    std::uint64_t rank = rank_of(q, n), i = 0;
    while (true) {
      const std::uint64_t times = drawn[unit_of_[order[i]]];
      if (times >= rank) break;
      rank -= times;
      ++i;
    }
    resampled.push_back(x[order[i]]);
  }
  return with_bounds(x[order[rank_of(q, x.size()) - 1]], std::move(resampled));
}

}  // namespace nybble::evaluate
