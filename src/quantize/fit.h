// Methods "kquant" and "imatrix": the nearest levels of scales that each format searches for
// itself, without and with the importance of columns.
#pragma once

#include "quantize/method.h"

namespace nybble::quantize {

// Encodes rows [rows, cols] with the format's own search; importance [cols] or nullptr.
void encode_rows(FormatId target, std::span<const float> values, std::int64_t cols,
                 const float* importance, ThreadPool& pool, std::span<std::byte> blocks);

std::unique_ptr<WeightQuantizer> begin_kquant(const WeightTask& task);
std::unique_ptr<WeightQuantizer> begin_imatrix(const WeightTask& task);
// note: what WeightQuantizer::note() says.
std::unique_ptr<WeightQuantizer> begin_imatrix(const WeightTask& task, std::string note);

}  // namespace nybble::quantize
