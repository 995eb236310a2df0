// The types that a search considers for a tensor, and what each would lose of it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "calibrate/statistics_file.h"
#include "models/model_source.h"
#include "quantize/allocation.h"
#include "quantize/method.h"
#include "quantize/recipe.h"

namespace nybble {

std::uint64_t bytes_of(const models::SourceTensor& tensor, FormatId format);

bool is_candidate(FormatId format);
// Those that fit the rows of a tensor and that the method writes.
std::vector<FormatId> candidates_for(const models::SourceTensor& tensor,
                                     const quantize::Method& method);
// Whether a search may give a tensor another type: where a recipe chose, not where someone asked.
bool may_change(const quantize::TypeChoice& choice);
// Throws Error(invalid_input) when no choice of types is as small as `budget` bytes of tensors.
void check_budget(const models::ModelSource& source, std::span<const quantize::TypeChoice> types,
                  const quantize::Method& method, std::uint64_t budget);
// Losses are relative to the tensor's outputs, found by the formats' own fits on some of its rows.
std::vector<quantize::FormatOption> list_options(const models::SourceTensor& tensor,
                                                 const quantize::Method& method,
                                                 const calibrate::StatisticsFile* statistics,
                                                 ThreadPool& pool);

}  // namespace nybble
