// Factors that move the spread of activations into weights, for computing with both in 8 bits
// (SmoothQuant). Source: Xiao et al., SmoothQuant (arXiv 2211.10438).
#pragma once

#include "quantize/fold_method.h"

namespace nybble::quantize {

// max |x|^exponent / max |w|^(1 - exponent) of each column. The paper takes 0.5, the authors 0.85
// for Llama 2 and 3.
std::vector<float> smoothquant_factors(const calibrate::InputStatistics& inputs,
                                       std::span<const FoldedRows> readers, double exponent);

// folded_loss(), and what rounding the inputs of each token to int8 with one scale loses.
double smoothed_loss(const calibrate::InputStatistics& inputs, std::span<const float> factors,
                     std::span<const FoldedRows> readers, ThreadPool& pool);

}  // namespace nybble::quantize
