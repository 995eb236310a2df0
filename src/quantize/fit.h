// Method "fit": the nearest levels of scales that each format searches for itself.
#pragma once

#include "quantize/method.h"

namespace nybble::quantize {

// As Method::quantize.
void quantize_fit(const WeightRows& rows, FormatId target, ThreadPool& pool,
                  std::span<std::byte> blocks);

}  // namespace nybble::quantize
