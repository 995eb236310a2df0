// The types that a search considers for a tensor, and what each would lose of it.
#pragma once

#include <cstdint>
#include <vector>

#include "base/thread_pool.h"
#include "calibrate/statistics_file.h"
#include "models/model_source.h"
#include "quantize/allocation.h"
#include "quantize/method.h"

namespace nybble {

std::uint64_t bytes_of(const models::SourceTensor& tensor, FormatId format);

bool is_candidate(FormatId format);
// Those that fit the rows of a tensor and that the method writes.
std::vector<FormatId> candidates_for(const models::SourceTensor& tensor,
                                     const quantize::Method& method);
// Losses are relative to the tensor's outputs, found by the formats' own fits on some of its rows.
std::vector<quantize::FormatOption> list_options(const models::SourceTensor& tensor,
                                                 const quantize::Method& method,
                                                 const calibrate::StatisticsFile* statistics,
                                                 ThreadPool& pool);

}  // namespace nybble
