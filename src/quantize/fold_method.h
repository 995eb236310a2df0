// Ways to choose the factors of columns that move between tensors before quantizing
// (models/fold.h).
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

// Factors [cols] for one of a few exponents; of all, those that lose least are taken.
struct FoldMethod {
  std::span<const double> exponents;
  std::vector<float> (*factors)(const calibrate::InputStatistics& inputs,
                                std::span<const FoldedRows> readers, double exponent);
  // To be compared; factors of 1: what is lost without folding.
  double (*loss)(const calibrate::InputStatistics& inputs, std::span<const float> factors,
                 std::span<const FoldedRows> readers, ThreadPool& pool);
};

extern const FoldMethod awq_folding, smoothquant_folding;

// What rounding to nearest loses of the outputs on the second half of the documents, when columns
// are multiplied by the factors first, summed over the readers; the scales of formats are fitted to
// the first half.
double folded_loss(const calibrate::InputStatistics& inputs, std::span<const float> factors,
                   std::span<const FoldedRows> readers, ThreadPool& pool);

}  // namespace nybble::quantize
