// The plan of `nybble plan` as text and as JSON.
#pragma once

#include "cli/json_report.h"
#include "nybble/plan.h"

namespace nybble::cli {

void print(const PlanReport& report);
Json to_json(const PlanReport& report);

}  // namespace nybble::cli
