// Factors for the columns of linears that make rounding lose less (AWQ): columns with large inputs
// grow, so that the steps of their grid are small beside them.
// Source: Lin et al., AWQ (arXiv 2306.00978).
#pragma once

#include "quantize/fold_method.h"

namespace nybble::quantize {

// Root mean square of each input to the power `exponent`, within a factor of 100 of the middle.
std::vector<float> awq_factors(const calibrate::InputStatistics& inputs, double exponent);

}  // namespace nybble::quantize
