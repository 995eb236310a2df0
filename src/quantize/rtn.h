// Method "rtn": round to nearest, the baseline of all others. Each group's scale is that of its
// largest magnitude, or of its range where the format has offsets; nothing is searched.
#pragma once

#include "quantize/method.h"

namespace nybble::quantize {

// As Method::begin has it.
std::unique_ptr<WeightQuantizer> begin_rtn(const WeightTask& task);

}  // namespace nybble::quantize
