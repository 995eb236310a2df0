#include "models/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace nybble::models {
namespace {

// YaRN (Peng et al., 2023): the dimension that turns `rotations` times within the original context.
double correction_dim(const RopeConfig& rope, double rotations) {
  return rope.rotary_dim * std::log(rope.original_context / (rotations * 2 * std::numbers::pi)) /
         (2 * std::log(rope.base));
}

// How much of pair i keeps its frequency: 1 for fast pairs, 0 for slow ones, a ramp between.
double kept_share(const RopeConfig& rope, int i, bool rounded = true) {
  double low = correction_dim(rope, rope.beta_fast), high = correction_dim(rope, rope.beta_slow);
  if (rounded) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, rope.rotary_dim - 1.0);
  if (low == high) high += 0.001;
  return 1 - std::clamp((i - low) / (high - low), 0.0, 1.0);
}

// Dynamic NTK scaling: a larger base for longer contexts.
double stretched_base(const RopeConfig& rope, int context) {
  if (rope.scaling != RopeScaling::dynamic || context <= rope.original_context ||
      rope.rotary_dim <= 2)
    return rope.base;
  const double length = rope.factor * context / rope.original_context - (rope.factor - 1);
  const double dim = rope.rotary_dim;
  return rope.base * std::pow(length, dim / (dim - 2));
}

const std::vector<float>& divisors_for(const RopeConfig& rope, int context) {
  if (rope.scaling != RopeScaling::longrope) return rope.frequency_divisors;
  return context > rope.original_context ? rope.long_divisors : rope.short_divisors;
}

}  // namespace

RopeFrequencies rope_frequencies(const RopeConfig& rope, int context) {
  RopeFrequencies result;
  result.attention_factor = static_cast<float>(rope.attention_factor);
  const double base = stretched_base(rope, context);
  const std::vector<float>& divisors = divisors_for(rope, context);
  for (int i = 0; i < rope.rotary_dim / 2; ++i) {
    double frequency = 1 / std::pow(base, 2.0 * i / rope.rotary_dim);
    if (!divisors.empty()) frequency /= double{divisors[static_cast<std::size_t>(i)]};
    if (rope.scaling == RopeScaling::linear) frequency /= rope.factor;
    if (rope.scaling == RopeScaling::yarn) {
      const double kept = kept_share(rope, i);
      frequency = frequency / rope.factor * (1 - kept) + frequency * kept;
    }
    result.frequencies.push_back(static_cast<float>(frequency));
  }
  return result;
}

void rope_angles(const RopeFrequencies& rope, int first, int n, std::span<float> cos,
                 std::span<float> sin) {
  std::size_t out = 0;
  for (int t = 0; t < n; ++t) {
    for (const float frequency : rope.frequencies) {
      const double angle = double{static_cast<float>(first + t) * frequency};
      cos[out] = static_cast<float>(std::cos(angle)) * rope.attention_factor;
      sin[out++] = static_cast<float>(std::sin(angle)) * rope.attention_factor;
    }
  }
}

std::vector<float> llama3_divisors(const Llama3Scaling& scaling, double base, int rotary_dim) {
  std::vector<float> divisors;
  const double longest = scaling.original_context / scaling.low_freq_factor;
  const double shortest = scaling.original_context / scaling.high_freq_factor;
  for (int i = 0; i < rotary_dim / 2; ++i) {
    const double wave = 2 * std::numbers::pi * std::pow(base, 2.0 * i / rotary_dim);
    double divisor = 1;
    if (wave > longest) {
      divisor = scaling.factor;
    } else if (wave >= shortest) {
      const double smooth = (scaling.original_context / wave - scaling.low_freq_factor) /
                            (scaling.high_freq_factor - scaling.low_freq_factor);
      divisor = 1 / ((1 - smooth) / scaling.factor + smooth);
    }
    divisors.push_back(static_cast<float>(divisor));
  }
  return divisors;
}

std::vector<float> unrounded_yarn_divisors(const RopeConfig& rope) {
  std::vector<float> divisors;
  for (int i = 0; i < rope.rotary_dim / 2; ++i) {
    const double kept = kept_share(rope, i, false);
    divisors.push_back(static_cast<float>(1 / ((1 - kept) / rope.factor + kept)));
  }
  return divisors;
}

double yarn_attention_factor(double factor) {
  return factor <= 1 ? 1 : 0.1 * std::log(factor) + 1;
}

double longrope_attention_factor(double factor, int original_context) {
  return factor <= 1 || original_context <= 1
             ? 1
             : std::sqrt(1 + std::log(factor) / std::log(original_context));
}

}  // namespace nybble::models
