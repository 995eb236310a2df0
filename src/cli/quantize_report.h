// What `nybble quantize` says of a plan and of the work done.
#pragma once

#include "cli/json_report.h"
#include "nybble/quantize.h"

namespace nybble::cli {

Json to_json(const std::vector<TuningPoint>& points);
Json to_json(const QuantizePlan& plan);
Json to_json(const QuantizeReport& report);
void print_plan(const QuantizePlan& plan);
// What every reader wants to know; fallbacks are never hidden.
void print_totals(const QuantizePlan& plan);
// How often each method of rounding won where there was a choice.
void print_notes(const QuantizeReport& report);
void print_tuning(const QuantizeReport& report);
void print_resumed(const QuantizeReport& report);

}  // namespace nybble::cli
