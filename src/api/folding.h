// Folding of scales where it makes rounding lose less.
#pragma once

#include <span>

#include "calibrate/statistics_file.h"
#include "models/model_source.h"
#include "nybble/progress.h"
#include "quantize/recipe.h"

namespace nybble {

// The model with scales moved between its tensors: of a few exponents, each site (models/fold.h)
// takes the one that loses least on the second half of the documents in the types to come, or none.
models::ModelSource fold_scales(models::ModelSource source,
                                std::span<const quantize::TypeChoice> types,
                                const calibrate::StatisticsFile& statistics, int threads,
                                const ProgressCallback& progress);

}  // namespace nybble
