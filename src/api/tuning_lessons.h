// What an encoded model learns from: windows of texts and windows that the model before writes.
#pragma once

#include "api/opened_model.h"
#include "nybble/quantize.h"
#include "train/objective.h"

namespace nybble {

// As TuningSettings say, from the texts of the calibration. Throws as cut_windows() does.
train::LessonSets tuning_lessons(const OpenedModel& model, const QuantizeRequest& request,
                                 const ProgressCallback& progress);

}  // namespace nybble
