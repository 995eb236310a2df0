// Weights of 16 or 32 bits as int8, made when they are loaded. LLM.int8():
// Dettmers et al., arXiv 2208.07339; bitsandbytes (MIT), whose rounding of weights this is.
#pragma once

#include "models/model_source.h"

namespace nybble::models {

// A copy in which the float linears of the layers have int8 weights with one scale a row (its
// largest magnitude / 127), and all linears with int8 weights take activations as
// Activations::int8_but_outliers says. Linears whose rows 32 does not divide stay. Throws
// Error(unsupported) when there is no such linear.
ModelSource with_int8_linears(ModelSource source);

// A copy in which float matrices, the embedding among them, are Q8_0: nearly the same model, for
// kernels of integers. Those whose rows 32 does not divide stay, and names without this prefix.
ModelSource with_q8_0_weights(ModelSource source, std::string_view prefix = "");

}  // namespace nybble::models
