// Formats whose codes are points of a fixed lattice: what encoding and error feedback need of them.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "formats/lattice.h"
#include "formats/weighted_block.h"

namespace nybble::formats {

constexpr int octet = 8;  // weights that share a set of signs: one point of 8 or two of 4

// Weights of an octet are scale * sign * magnitude. The scale of a group is the block's times an
// odd multiple 2 s + 1 of sub_unit, s = 0 ... 15.
template <class F>
concept LatticeFormat = requires(typename F::Block& block, const typename F::Block& read,
                                 std::uint32_t n, const std::uint8_t* sub) {
  { F::group_len } -> std::convertible_to<int>;  // weights that share a scale
  { F::point_len } -> std::convertible_to<int>;  // 8 or 4
  { F::n_points } -> std::convertible_to<int>;
  { F::even_signs } -> std::convertible_to<bool>;  // the number of negative signs must be even
  { F::sub_unit } -> std::convertible_to<float>;
  { F::magnitudes(n, n) } -> std::same_as<std::uint64_t>;  // of an octet, a byte each
  { F::group_scale(read, 0) } -> std::same_as<float>;
  { F::set_octet(block, 0, n, n, n) } -> std::same_as<void>;  // octet, one or two points, signs
  { F::set_scales(block, Half{}, sub) } -> std::same_as<void>;
};

// The points of a format by coordinate, so that the search over all of them is a plain loop.
template <class F>
struct LatticeTable {
  std::array<std::array<float, F::n_points>, F::point_len> coordinate;

  LatticeTable() {
    for (std::uint32_t p = 0; p < F::n_points; ++p) {
      const auto bytes = std::bit_cast<std::array<std::uint8_t, octet>>(F::magnitudes(p, p));
      for (std::size_t i = 0; i < F::point_len; ++i) coordinate[i][p] = bytes[i];
    }
  }
  static const LatticeTable& get() {
    static const LatticeTable table;
    return table;
  }
};

// The octet of a lattice nearest to some values.
template <class F>
struct Octet {
  std::uint32_t points[2] = {}, signs = 0;

  // All weighted with weight [8], at a scale > 0. Where signs must be even, the one whose flip
  // costs least is flipped before the point is chosen.
  Octet(const float* x, const float* weight, float scale) {
    float magnitude[octet];
    for (int i = 0; i < octet; ++i) {
      magnitude[i] = std::fabs(x[i]);
      signs |= static_cast<std::uint32_t>(x[i] < 0) << i;
    }
    if (F::even_signs && std::popcount(signs) % 2 != 0) flip_cheapest(weight, magnitude);
    for (int first = 0; first < octet; first += F::point_len) {
      points[first / F::point_len] = nearest(magnitude + first, weight + first, scale);
    }
    if (F::point_len == octet) points[1] = points[0];
  }

  // Coordinates without the scale.
  void write(float* y) const {
    lattice::write_scaled(lattice::with_signs(F::magnitudes(points[0], points[1]), signs), 1, y);
  }

 private:
  void flip_cheapest(const float* weight, float* magnitude) {
    int cheapest = 0;
    for (int i = 1; i < octet; ++i) {
      if (weight[i] * magnitude[i] * magnitude[i] <
          weight[cheapest] * magnitude[cheapest] * magnitude[cheapest])
        cheapest = i;
    }
    signs ^= 1u << cheapest;
    magnitude[cheapest] = -magnitude[cheapest];
  }

  static std::uint32_t nearest(const float* x, const float* weight, float scale) {
    const LatticeTable<F>& table = LatticeTable<F>::get();
    float cost[F::n_points] = {};
    for (std::size_t i = 0; i < F::point_len; ++i) {
      const float square = weight[i] * scale * scale, cross = -2 * weight[i] * scale * x[i];
      const float* m = table.coordinate[i].data();
      for (int p = 0; p < F::n_points; ++p) cost[p] += m[p] * (square * m[p] + cross);
    }
    std::uint32_t best = 0;
    float least = cost[0];
    for (std::uint32_t p = 1; p < F::n_points; ++p) {
      if (cost[p] < least) least = cost[p], best = p;
    }
    return best;
  }
};

// Finds the scales of a block of 256 and the points on them.
template <class F>
class LatticeEncoder {
 public:
  LatticeEncoder(const float* values, const float* importance) : block_(values, importance) {
    for (int g = 0; g < n_groups; ++g) fits_[static_cast<std::size_t>(g)] = fit_group(g);
  }

  typename F::Block encode() const {
    typename F::Block result{};
    float largest = 0;
    for (const GroupFit& fit : fits_) largest = std::max(largest, fit.scale);
    const Choice best = improved(choose(most_promising(largest)));
    F::set_scales(result, block_.stored.store(best.scale / F::sub_unit), best.sub.data());
    for (int o = 0; o < F::block_len / octet; ++o) {
      const auto g = static_cast<std::size_t>(o * octet / F::group_len);
      const Octet<F> found = octet_at(o, best.group_scale(g));
      F::set_octet(result, o, found.points[0], found.points[1], found.signs);
    }
    return result;
  }

 private:
  static constexpr int n_groups = F::block_len / F::group_len, octets = F::group_len / octet;
  static constexpr int largest_sub = 15, largest_multiple = 2 * largest_sub + 1;
  // Of the scale that maps the largest magnitude of a group to the largest of the lattice.
  static constexpr float first_reach = 0.6f, last_reach = 1.3f;
  static constexpr int n_reaches = 12;

  // The best scale for the points found, and what another scale with the same points would add.
  struct GroupFit {
    float scale = 0, error = INFINITY, curvature = 0;
  };
  struct Choice {
    float scale = 0;  // of the block, times sub_unit
    std::array<std::uint8_t, n_groups> sub{};
    float error = 0, cross = 0, square = 0;  // sums for the best block scale

    float group_scale(std::size_t g) const { return scale * static_cast<float>(2 * sub[g] + 1); }
  };

  Octet<F> octet_at(int o, float scale) const {
    return Octet<F>(block_.x + octet * o, block_.weight + octet * o, scale);
  }

  GroupFit fit_at(int g, float scale) const {
    GroupFit fit{0, 0, 0};
    float cross = 0, constant = 0;
    for (int o = g * octets; o < (g + 1) * octets; ++o) {
      float y[octet];
      octet_at(o, scale).write(y);
      for (int i = 0; i < octet; ++i) {
        const float x = block_.x[octet * o + i], w = block_.weight[octet * o + i];
        cross += w * x * y[i];
        fit.curvature += w * y[i] * y[i];
        constant += w * x * x;
      }
    }
    fit.scale = std::max(cross, 0.0f) / fit.curvature;
    fit.error = constant - fit.scale * fit.scale * fit.curvature;
    return fit;
  }

  GroupFit fit_group(int g) const {
    const float largest =
        std::fabs(farthest_from_0(block_.x + g * F::group_len, F::group_len)) / largest_magnitude();
    GroupFit best{0, INFINITY, 0};
    if (largest == 0) return {0, 0, 0};
    for (int r = 0; r < n_reaches; ++r) {
      const float reach = first_reach + (last_reach - first_reach) * static_cast<float>(r) /
                                            static_cast<float>(n_reaches - 1);
      const GroupFit fit = fit_at(g, largest * reach);
      if (fit.error < best.error) best = fit;
    }
    if (best.scale > 0) {
      const GroupFit again = fit_at(g, best.scale);
      if (again.error < best.error) best = again;
    }
    return best;
  }

  static float largest_magnitude() {
    const auto& first = LatticeTable<F>::get().coordinate[0];
    return *std::max_element(first.begin(), first.end());
  }

  static int nearest_sub(float scale, float block_scale) {
    if (block_scale <= 0) return 0;
    const float sub = std::round((scale / block_scale - 1) / 2);
    return static_cast<int>(std::clamp(sub, 0.0f, static_cast<float>(largest_sub)));
  }

  float storable(float scale) const {
    return block_.stored.storable(scale / F::sub_unit) * F::sub_unit;
  }

  // Of block scales that send the largest group scale towards the largest multiple, the one whose
  // groups keep nearest to their own.
  float most_promising(float largest) const {
    float best = storable(largest / largest_multiple), least = INFINITY;
    for (int t = 0; t < 24; ++t) {
      const float scale = storable(largest / (largest_multiple - 10 + static_cast<float>(t)));
      float error = 0;
      for (const GroupFit& fit : fits_) {
        const auto multiple = static_cast<float>(2 * nearest_sub(fit.scale, scale) + 1);
        const float off = scale * multiple - fit.scale;
        error += fit.error + fit.curvature * off * off;
      }
      if (error < least) least = error, best = scale;
    }
    return best;
  }

  Choice choose(float scale) const {
    Choice choice;
    choice.scale = scale;
    for (int g = 0; g < n_groups; ++g) choose_group(g, choice);
    return choice;
  }

  void choose_group(int g, Choice& choice) const {
    const auto place = static_cast<std::size_t>(g);
    const int middle = nearest_sub(fits_[place].scale, choice.scale);
    float least = INFINITY, cross = 0, square = 0;
    for (int sub = std::max(middle - 1, 0); sub <= std::min(middle + 1, largest_sub); ++sub) {
      const float multiple = static_cast<float>(2 * sub + 1), scale = choice.scale * multiple;
      const GroupFit fit = fit_at(g, scale);
      const float off = scale - fit.scale, error = fit.error + fit.curvature * off * off;
      if (error >= least) continue;
      least = error;
      choice.sub[place] = static_cast<std::uint8_t>(sub);
      cross = multiple * fit.scale * fit.curvature;
      square = multiple * multiple * fit.curvature;
    }
    choice.error += least;
    choice.cross += cross;
    choice.square += square;
  }

  // Block scale and points in turn, as long as the error falls.
  Choice improved(Choice choice) const {
    for (int round = 0; round < 2 && choice.square > 0; ++round) {
      const Choice again = choose(storable(choice.cross / choice.square));
      if (!(again.error < choice.error)) break;
      choice = again;
    }
    return choice;
  }

  const WeightedBlock<F::block_len, F::group_len> block_;
  std::array<GroupFit, n_groups> fits_;
};

}  // namespace nybble::formats
