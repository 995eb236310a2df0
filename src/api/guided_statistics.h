// Second moments in which each token counts as much as it matters to what the model says.
#pragma once

#include <span>
#include <vector>

#include "api/opened_model.h"
#include "calibrate/samples.h"
#include "calibrate/statistics.h"
#include "nybble/calibrate.h"

namespace nybble {

// Of the inputs of all layers: sums of g x x^T, with g the squared length of the gradient of
// -log p(label) by what the linears make of x, for labels that are drawn from the model itself.
// Some of the samples are enough. Throws Error(out_of_memory): the whole model is in memory as
// floats. Source: Kim et al., GuidedQuant (arXiv 2505.07004), there for groups of outputs.
std::vector<calibrate::InputStatistics> guided_statistics(
    const OpenedModel& model, std::span<const calibrate::Sample> samples,
    const CalibrateSettings& settings, const ProgressCallback& progress);

}  // namespace nybble
