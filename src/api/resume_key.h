// What decides the bytes of a quantized model, as one number.
#pragma once

#include <string>

#include "api/opened_model.h"
#include "nybble/quantize.h"
#include "nybble/train.h"
#include "quantize/method.h"

namespace nybble {

// SHA-256 over the version of nybble, the model (its weight files by path, size and time), the plan
// and the texts or statistics. Not over what leaves the bytes of tensors alone: threads, memory,
// files of the output.
std::string resume_key(const OpenedModel& model, const QuantizeRequest& request,
                       const quantize::Method& method, const QuantizePlan& plan);

// The same for an adapter: the version, the model, the texts and all that decides what is learned.
std::string training_key(const OpenedModel& model, const TrainRequest& request);

}  // namespace nybble
