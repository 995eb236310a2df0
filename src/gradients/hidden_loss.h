// How far the hidden states of a model, its residual stream behind each layer, are from those of
// its teacher: a far denser signal than what comes of them at the head. Channels count relative to
// their squares, so that the few with massive activations do not hide the others.
// Source: Jiao et al., TinyBERT (arXiv 1909.10351), section 3.1, equation 8.
#pragma once

#include <span>

#include "base/thread_pool.h"

namespace nybble::gradients {

// x and teacher [tokens, dim]. To d_x is added the gradient of
//   factor tokens / dim sum_c (sum_t (x_tc - teacher_tc)^2 / sum_t teacher_tc^2),
// without channels that are 0 in all tokens.
void add_hidden_gradient(std::span<const float> x, std::span<const float> teacher, int dim,
                         float factor, std::span<float> d_x, ThreadPool& pool);

}  // namespace nybble::gradients
