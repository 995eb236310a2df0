// README.md of a directory: what it is, how it was made, what was lost.
#pragma once

#include <string>

#include "api/opened_model.h"
#include "nybble/quantize.h"

namespace nybble {

// report: with plan, method and relative errors.
std::string model_card(const OpenedModel& model, const QuantizeReport& report);

}  // namespace nybble
