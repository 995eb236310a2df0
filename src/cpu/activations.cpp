#include "cpu/activations.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/float8.h"

namespace nybble::cpu {

std::int64_t round_to_int8(const float* x, std::int64_t n, float threshold, float* out) {
  float highest = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const float magnitude = std::fabs(x[i]);
    if (magnitude < threshold) highest = std::max(highest, magnitude);
  }
  const float scale = highest / 127.0f, inverse = highest > 0 ? 127.0f / highest : 0.0f;
  std::int64_t outliers = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const bool stays = !(std::fabs(x[i]) < threshold);
    outliers += stays;
    out[i] = stays ? x[i] : std::nearbyint(x[i] * inverse) * scale;
  }
  return outliers;
}

void round_to_float8(const float* x, std::int64_t n, float* out) {
  float highest = 0;
  for (std::int64_t i = 0; i < n; ++i) highest = std::max(highest, std::fabs(x[i]));
  round_to_float8_at(highest / 448.0f, x, n, out);
}

void round_to_float8_at(float scale, const float* x, std::int64_t n, float* out) {
  for (std::int64_t i = 0; i < n; ++i)
    out[i] = scale == 0 ? 0 : to_float(to_float8_e4m3(x[i] / scale)) * scale;
}

std::int64_t round_activations(Activations how, float scale, const float* x, std::int64_t n,
                               float* out) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  if (how == Activations::int8_tokens) return round_to_int8(x, n, infinity, out);
  if (how == Activations::int8_but_outliers) return round_to_int8(x, n, outlier_threshold, out);
  if (how == Activations::float8_tokens) round_to_float8(x, n, out);
  if (how == Activations::float8_fixed) round_to_float8_at(scale, x, n, out);
  if (how == Activations::float8_groups) {
    for (std::int64_t i = 0; i < n; i += float8_group)
      round_to_float8(x + i, std::min(float8_group, n - i), out + i);
  }
  return 0;
}

}  // namespace nybble::cpu
