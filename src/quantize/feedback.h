// Methods "gptq" and "best": scales fitted with the importance of columns, then codes by error
// feedback, and for "best" by descent, with what half of the documents shows to be best.
#pragma once

#include "quantize/method.h"

namespace nybble::quantize {

std::unique_ptr<WeightQuantizer> begin_gptq(const WeightTask& task);
std::unique_ptr<WeightQuantizer> begin_best(const WeightTask& task);

}  // namespace nybble::quantize
