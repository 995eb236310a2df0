// The search that all encoders share: the scale (and offset) of a group of values that makes the
// weighted squared error of rounding it to integer codes small.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace nybble::formats {

// Values and their weights, both scaled to at most about 1 so that no sum overflows.
struct Weighted {
  const float* x;
  const float* weight;
};

// The grid of a group: value = scale * code + offset.
struct Grid {
  float scale = 0;
  float offset = 0;
};

// What rounding to a grid leaves: weighted sums over the residuals e = x - (scale * code + offset),
// the codes q and the weights. Kept about the residuals, not the values, these sums do not cancel
// when the error is small.
struct Residual {
  float ee = 0, eq = 0, e = 0, qq = 0, q = 0, one = 0;

  // The error after the grid moves by this much while the codes stay.
  float error_after(Grid step) const {
    const float s = step.scale, o = step.offset;
    return ee - 2 * (s * eq + o * e) + s * s * qq + o * (2 * s * q + o * one);
  }
  // The step of the scale that makes the error smallest when the offset moves by this much.
  float best_scale_step(float offset_step) const {
    return qq > 0 ? (eq - offset_step * q) / qq : 0;
  }
  float best_offset_step(float scale_step) const {
    return one > 0 ? (e - scale_step * q) / one : 0;
  }
  // Both at once.
  Grid best_step() const {
    if (one == 0) return {best_scale_step(0), 0};
    const float det = qq * one - q * q;
    if (!(det > 1e-6f * qq * one)) return {0, best_offset_step(0)};  // all codes are equal
    return {(eq * one - e * q) / det, (e * qq - eq * q) / det};
  }
};

// Nearest integer of |x| < 2^22, in arithmetic that every compiler vectorizes.
inline float round_small(float x) {
  constexpr float magic = 0x1.8p23f;
  return (x + magic) - magic;
}

inline float inverse_or_0(float scale) {
  return scale == 0 ? 0 : 1 / scale;
}

// The nearest code in [lo, hi] of a value on a grid given by its inverse scale. Inline, so that
// sanitized builds, which optimize little, do not call it for each value of each trial.
template <int lo, int hi>
inline float nearest_code(float x, float inverse_scale, float offset) {
  const float q = (x - offset) * inverse_scale;
  return round_small(std::min(std::max(q, static_cast<float>(lo)), static_cast<float>(hi)));
}

constexpr int n_lanes = 8;  // of the sums: a fixed order, whatever the vectors of the machine

inline float add_lanes(const float (&v)[n_lanes]) {
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

// Rounds n values to a grid with codes lo ... hi.
template <int n, int lo, int hi>
Residual residual_of(Weighted group, Grid grid) {
  static_assert(n % n_lanes == 0);
  const float inverse = inverse_or_0(grid.scale);
  float ee[n_lanes] = {}, eq[n_lanes] = {}, e[n_lanes] = {};
  float qq[n_lanes] = {}, q[n_lanes] = {}, one[n_lanes] = {};
  for (int first = 0; first < n; first += n_lanes) {
    for (int l = 0; l < n_lanes; ++l) {
      const float x = group.x[first + l], w = group.weight[first + l];
      const float code = nearest_code<lo, hi>(x, inverse, grid.offset);
      const float rest = (x - grid.offset) - grid.scale * code;
      const float w_rest = w * rest, w_code = w * code;
      ee[l] += w_rest * rest;
      eq[l] += w_rest * code;
      e[l] += w_rest;
      qq[l] += w_code * code;
      q[l] += w_code;
      one[l] += w;
    }
  }
  return {add_lanes(ee), add_lanes(eq), add_lanes(e), add_lanes(qq), add_lanes(q), add_lanes(one)};
}

// The error alone.
template <int n, int lo, int hi>
float error_of(Weighted group, Grid grid) {
  const float inverse = inverse_or_0(grid.scale);
  float ee[n_lanes] = {};
  for (int first = 0; first < n; first += n_lanes) {
    for (int l = 0; l < n_lanes; ++l) {
      const float x = group.x[first + l];
      const float code = nearest_code<lo, hi>(x, inverse, grid.offset);
      const float rest = (x - grid.offset) - grid.scale * code;
      ee[l] += group.weight[first + l] * rest * rest;
    }
  }
  return add_lanes(ee);
}

// Nearest codes, stored from 0: the code minus lo.
template <int n, int lo, int hi>
void round_to_codes(const float* x, Grid grid, std::uint8_t* codes) {
  const float inverse = inverse_or_0(grid.scale);
  for (int i = 0; i < n; ++i) {
    const float code = nearest_code<lo, hi>(x[i], inverse, grid.offset);
    codes[i] = static_cast<std::uint8_t>(static_cast<int>(code) - lo);
  }
}

// A grid and what it leaves with the codes that were nearest before its last step.
struct Fit {
  Grid grid;
  Residual rest;
};

inline Fit moved(Grid grid, const Residual& rest, Grid step) {
  Fit fit{{grid.scale + step.scale, grid.offset + step.offset}, rest};
  fit.rest.ee = rest.error_after(step);
  fit.rest.eq = rest.eq - step.scale * rest.qq - step.offset * rest.q;
  fit.rest.e = rest.e - step.scale * rest.q - step.offset * rest.one;
  return fit;
}

// One step of the classic alternation: nearest codes on the grid, then the best scale for these
// codes.
template <int n, int lo, int hi>
Fit improve_scale(Weighted group, float scale) {
  const Residual rest = residual_of<n, lo, hi>(group, {scale, 0});
  return moved({scale, 0}, rest, {rest.best_scale_step(0), 0});
}

// The same for scale and offset; the offset stays <= largest_offset.
template <int n, int max_code>
Fit improve_grid(Weighted group, Grid grid, float largest_offset) {
  const Residual rest = residual_of<n, 0, max_code>(group, grid);
  Grid step = rest.best_step();
  if (grid.offset + step.offset > largest_offset) {
    step.offset = largest_offset - grid.offset;
    step.scale = rest.best_scale_step(step.offset);
  }
  return moved(grid, rest, step);
}

// The grids that a search starts from: the value farthest out meets the outermost code plus `reach`
// steps. Negative reach means a wider grid, positive a narrower one, which clips. Those that the
// encoders pass left the least error, for their time, on matrices of smollm2-80m.
struct Reaches {
  float from, to;
  int tries;
  float operator[](int t) const {
    return from + (to - from) * static_cast<float>(t) / static_cast<float>(tries - 1);
  }
};

// The value farthest from 0; the first of equals. The distance has a variable of its own: of some
// loops over "if (fabs(x) > fabs(farthest)) farthest = x" clang 19 at -O3 drops the first value.
inline float farthest_from_0(const float* x, int n) {
  float farthest = 0, distance = 0;
  for (int i = 0; i < n; ++i) {
    const float magnitude = std::fabs(x[i]);
    if (magnitude > distance) {
      distance = magnitude;
      farthest = x[i];
    }
  }
  return farthest;
}

// The best scale for codes lo ... hi that sends `extreme`, the value farthest from 0, towards the
// code `end` (lo or hi).
template <int n, int lo, int hi>
Fit fit_scale(Weighted group, float extreme, int end, Reaches reaches) {
  Fit best;
  for (int t = 0; t < reaches.tries; ++t) {
    const float steps = static_cast<float>(std::abs(end)) + reaches[t];
    const Fit fit = improve_scale<n, lo, hi>(group, extreme / (end < 0 ? -steps : steps));
    if (t == 0 || fit.rest.ee < best.rest.ee) best = fit;
  }
  return improve_scale<n, lo, hi>(group, best.grid.scale);
}

// The grid of plain rounding: codes 0 ... max_code over the whole range of the values, the offset
// <= largest_offset.
template <int n, int max_code>
Grid covering_grid(Weighted group, float largest_offset) {
  const auto [least, most] = std::minmax_element(group.x, group.x + n);
  const float low = std::min(*least, largest_offset);
  return {(*most - low) / max_code, low};
}

// The best scale and offset <= largest_offset for codes 0 ... max_code.
template <int n, int max_code>
Fit fit_grid(Weighted group, Grid covering, float largest_offset, Reaches reaches) {
  Fit best;
  for (int t = 0; t < 2 * reaches.tries; ++t) {
    const float scale = covering.scale * (max_code / (max_code + reaches[t / 2]));
    // Every second grid clips the low end, too: by two fifths of a step, measured to be about best
    // from 2 to 5 bits.
    const float offset =
        t % 2 == 0 ? covering.offset : std::min(covering.offset + 0.4f * scale, largest_offset);
    const Fit fit = improve_grid<n, max_code>(group, {scale, offset}, largest_offset);
    if (t == 0 || fit.rest.ee < best.rest.ee) best = fit;
  }
  return improve_grid<n, max_code>(group, best.grid, largest_offset);
}

}  // namespace nybble::formats
