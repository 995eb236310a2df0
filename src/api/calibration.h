// Statistics of a model, from texts that run through it or from a file.
#pragma once

#include "api/opened_model.h"
#include "calibrate/statistics.h"
#include "nybble/calibrate.h"

namespace nybble {

// The text that comes with nybble, data/calibration.txt.
std::string_view default_calibration_text();

calibrate::Statistics observe_model(const OpenedModel& model, const CalibrateSettings& settings,
                                    const ProgressCallback& progress);

// Whether a file holds statistics: a GGUF, or by its name (.dat, .imatrix) the older form.
bool is_statistics_file(const std::filesystem::path& path);

}  // namespace nybble
