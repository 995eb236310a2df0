// Methods "kquant" and "imatrix": the nearest levels of scales that each format searches for
// itself, without and with the importance of columns.
#pragma once

#include "quantize/method.h"

namespace nybble::quantize {

// Blocks as FirstBlocks has them and no more; note: what WeightQuantizer::note() says.
std::unique_ptr<WeightQuantizer> begin_fit(const WeightTask& task, std::vector<float> importance,
                                           formats::Scales scales, std::string note);

std::unique_ptr<WeightQuantizer> begin_kquant(const WeightTask& task);
std::unique_ptr<WeightQuantizer> begin_imatrix(const WeightTask& task);
// note: what WeightQuantizer::note() says.
std::unique_ptr<WeightQuantizer> begin_imatrix(const WeightTask& task, std::string note);

}  // namespace nybble::quantize
