// Folding of scales where it makes rounding lose less.
#pragma once

#include <span>

#include "calibrate/statistics_file.h"
#include "models/model_source.h"
#include "nybble/progress.h"
#include "quantize/fold_method.h"
#include "quantize/recipe.h"

namespace nybble {

// The model with scales moved between its tensors: of a few exponents, each site (models/fold.h)
// takes the one that loses least on the second half of the documents in the types to come, or none.
// Norms that come to stand in 16 bits keep exact values: their factors are rounded, not they.
models::ModelSource fold_scales(models::ModelSource source, const quantize::FoldMethod& method,
                                std::span<const quantize::TypeChoice> types,
                                const calibrate::StatisticsFile& statistics, int threads,
                                const ProgressCallback& progress);

}  // namespace nybble
