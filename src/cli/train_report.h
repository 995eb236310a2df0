// What `nybble train` says of what was learned.
#pragma once

#include "cli/json_report.h"
#include "nybble/train.h"

namespace nybble::cli {

Json to_json(const TrainReport& report, const std::string& output);
void print(const TrainReport& report, const std::string& output);
// The loss of all steps in one line.
void print_curve(const std::vector<TuningPoint>& points);
TrainingPage page_of(const TrainReport& report, const std::string& base, const std::string& output);
// Of --qat.
TrainingPage page_of(const QuantizeReport& report, const std::string& type,
                     const std::string& base);

}  // namespace nybble::cli
