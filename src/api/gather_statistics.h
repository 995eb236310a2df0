// The statistics that a method needs, from a file or gathered into one.
#pragma once

#include <filesystem>
#include <optional>

#include "api/opened_model.h"
#include "calibrate/statistics_file.h"
#include "nybble/quantize.h"
#include "quantize/method.h"

namespace nybble {

// Nothing for a method that needs nothing. What is gathered goes to a file that `kept` names and
// that a later run takes, or, when it is empty, to one beside the output that has no name any more.
std::optional<calibrate::StatisticsFile> gather_statistics(const OpenedModel& model,
                                                           const QuantizeRequest& request,
                                                           const quantize::Method& method,
                                                           const std::filesystem::path& kept,
                                                           const ProgressCallback& progress);

}  // namespace nybble
