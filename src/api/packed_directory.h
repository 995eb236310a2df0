// A directory whose linears are packed as other libraries have them.
#pragma once

#include "api/quantize_plan.h"
#include "api/tensor_stream.h"

namespace nybble {

// Everything but the path. choices.layout is there.
exports::ExportPlan plan_packed_directory(const OpenedModel& model, const Choices& choices);
std::vector<OutputTensor> packed_tensors(const models::ModelSource& source, const Choices& choices);

}  // namespace nybble
