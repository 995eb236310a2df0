// From the scores of single tokens to numbers with intervals.
#pragma once

#include <span>

#include "evaluate/bootstrap.h"
#include "evaluate/token_scores.h"
#include "nybble/evaluate.h"

namespace nybble::evaluate {

Estimate perplexity(std::span<const TokenScore> scores, const Bootstrap& bootstrap);
// Of the perplexity, from the variance of the losses, as if tokens were independent.
double standard_error(std::span<const TokenScore> scores);
// model and reference scored the same tokens.
Divergence summarize(std::span<const TokenScore> model, std::span<const TokenScore> reference,
                     const Bootstrap& bootstrap);
// Mean difference of the divergences: what `as_run` adds to `exact`.
Estimate added_divergence(std::span<const TokenScore> as_run, std::span<const TokenScore> exact,
                          const Bootstrap& bootstrap);

}  // namespace nybble::evaluate
