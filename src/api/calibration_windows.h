// The windows of tokens that statistics come from: of texts, and written by the model.
#pragma once

#include "api/opened_model.h"
#include "calibrate/samples.h"
#include "calibrate/statistics.h"
#include "nybble/calibrate.h"

namespace nybble {

struct CalibrationWindows {
  std::vector<calibrate::Sample> samples;
  calibrate::Provenance provenance;
};

// Throws Error: texts shorter than one window for each half, memory too small for a model that is
// to write.
CalibrationWindows cut_windows(const OpenedModel& model, const CalibrateSettings& settings,
                               const ProgressCallback& progress);

}  // namespace nybble
