// How long a course is, which lessons each step has, and how fast it learns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gradients/engine.h"

namespace nybble::train {

// How the rate falls after the warm-up. On 300 k tokens a line left 0.97 of what a cosine did in
// the prototype of decision 0016.
enum class Fall { linear, cosine };

struct CourseOptions {
  int steps = 0;
  int batch = 4;     // lessons that one step learns from
  int together = 4;  // of these, so many run together; the others one after the other
  int warmup = 0;    // steps until the full rate, after which it falls to 0
  Fall fall = Fall::linear;
  float clip = 0;        // the largest norm of a gradient; 0: any
  int check_every = 10;  // steps from one look at the held-out lessons to the next
  int kept_layers = 0;   // DecoderPass::keep_traces
  int patience = 0;      // looks without a better one after which it stops; 0: never
  std::uint64_t seed = 0;
  gradients::Precision precision = gradients::Precision::floats;
};

// The lessons of a step: each once in an epoch, in an order that depends on the seed and the epoch.
std::vector<std::size_t> lessons_of_step(int step, int batch, std::size_t n, std::uint64_t seed);
// The share of the full rate at a step.
float rate_at(int step, const CourseOptions& options);

}  // namespace nybble::train
