// Factors for the columns of linears that make rounding lose less (AWQ): columns with large inputs
// grow, so that the steps of their grid are small beside them.
// Source: Lin et al., AWQ (arXiv 2306.00978).
#pragma once

#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "calibrate/statistics.h"
#include "formats/registry.h"

namespace nybble::quantize {

// Some rows [rows, cols] of a linear, and the format that it will have.
struct FoldedRows {
  std::vector<float> values;
  FormatId format{};
};

// Root mean square of each input to the power `exponent`, within a factor of 100 of the middle.
std::vector<float> awq_factors(const calibrate::InputStatistics& inputs, double exponent);

// What rounding to nearest loses of the outputs on the second half of the documents, when columns
// are multiplied by the factors first, summed over the readers; the scales of formats are fitted to
// the first half.
double folded_loss(const calibrate::InputStatistics& inputs, std::span<const float> factors,
                   std::span<const FoldedRows> readers, ThreadPool& pool);

}  // namespace nybble::quantize
