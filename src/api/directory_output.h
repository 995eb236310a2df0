// What a directory in the layout of Hugging Face is made of, beside its weights.
#pragma once

#include "api/opened_model.h"
#include "api/tensor_stream.h"

namespace nybble {

// A narrow float format that holds every value of a small tensor exactly, else F32.
FormatId exact_format(const models::SourceTensor& tensor, FormatId narrow);

// Tokenizer, templates and the rest as the model has them, or as nybble writes them.
exports::ExportPlan begin_directory(const OpenedModel& model);
// config.json; dtype is that of what stays unquantized.
void set_config(OrderedJson config, FormatId dtype, exports::ExportPlan& plan);

}  // namespace nybble
