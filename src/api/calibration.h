// Statistics of a model, from texts that run through it or from a file.
#pragma once

#include <functional>

#include "api/opened_model.h"
#include "calibrate/statistics.h"
#include "nybble/calibrate.h"

namespace nybble {

// The text that comes with nybble, data/calibration.txt.
std::string_view default_calibration_text();

// Where statistics go.
struct StatisticsTarget {
  std::filesystem::path path;
  bool moments = true;
  bool replace = false;
};

// Runs the texts through the model layer by layer and writes what its linears see; on_input is told
// of each input. Throws as calibrate_model() does.
calibrate::Provenance observe_model(
    const OpenedModel& model, const CalibrateSettings& settings, const StatisticsTarget& target,
    const std::function<void(const calibrate::InputStatistics&)>& on_input,
    const ProgressCallback& progress);

// What a request calibrates with.
struct CalibrationInputs {
  std::filesystem::path statistics;  // empty: none
  std::vector<std::filesystem::path> texts;
};
// Throws Error(invalid_input) for more than one file of statistics.
CalibrationInputs calibration_inputs(const std::vector<std::filesystem::path>& given);

// Whether a file holds statistics: a GGUF, or by its name (.dat, .imatrix) the older form.
bool is_statistics_file(const std::filesystem::path& path);

}  // namespace nybble
