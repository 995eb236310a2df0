// Rotary position embedding: from a configuration to frequencies and angles.
#pragma once

#include <span>
#include <vector>

#include "models/decoder_config.h"

namespace nybble::models {

// What each pair of a head turns by at each step of position.
struct RopeFrequencies {
  std::vector<float> frequencies;  // [rotary_dim / 2], radians
  float attention_factor = 1;      // of cos and sin
};

// As transformers computes them. `context` is the length that a session can reach: dynamic scaling
// stretches to it, and longrope picks its list by it, so that a position turns alike however the
// tokens before it came in.
RopeFrequencies rope_frequencies(const RopeConfig& rope, int context);

// cos and sin of positions [first, first + n), each [n, rotary_dim / 2]. Angles are rounded to
// float as in transformers.
void rope_angles(const RopeFrequencies& rope, int first, int n, std::span<float> cos,
                 std::span<float> sin);

// The divisors of Llama 3's scaling: 1 for short waves, `factor` for long ones, in between for the
// rest.
struct Llama3Scaling {
  double factor = 8, low_freq_factor = 1, high_freq_factor = 4;
  int original_context = 8192;
};
std::vector<float> llama3_divisors(const Llama3Scaling& scaling, double base, int rotary_dim);

// The divisors that are the same as YaRN whose ramp has bounds between whole numbers.
std::vector<float> unrounded_yarn_divisors(const RopeConfig& rope);

// The attention factor that YaRN and longrope have unless a file says otherwise.
double yarn_attention_factor(double factor);
double longrope_attention_factor(double factor, int original_context);

}  // namespace nybble::models
