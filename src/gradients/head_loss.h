// Losses behind the head, and their gradients by what the last layer made.
#pragma once

#include <span>

#include "gradients/engine.h"
#include "gradients/parameters.h"

namespace nybble::gradients {

// A decoder's head on some residual streams [tokens, dim].
struct HeadInputs {
  const Parameters& parameters;
  std::span<const float> x;
};

// Sum over the tokens of KL(teacher || student), in nats. With d_x [tokens, dim] (else empty): the
// gradient by the student's x of `factor` times the sum goes there, and those by its head and norm
// are added to `gradients`.
// Source: Hinton et al., Distilling the Knowledge in a Neural Network (arXiv 1503.02531).
double divergence(const HeadInputs& student, const HeadInputs& teacher, float factor,
                  std::span<float> d_x, Parameters& gradients, const Engine& engine);

// Sum of -log p(label) over the tokens that have a label, -1: none. The rest as above.
double cross_entropy(const HeadInputs& model, std::span<const std::int32_t> labels, float factor,
                     std::span<float> d_x, Parameters& gradients, const Engine& engine);

// A label for each token, drawn from what the model says of it. The same for the same seed.
std::vector<std::int32_t> draw_labels(const HeadInputs& model, std::uint64_t seed,
                                      const Engine& engine);

}  // namespace nybble::gradients
