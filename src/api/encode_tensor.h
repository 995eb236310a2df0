// One tensor from its source to the blocks of its format.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "api/tensor_stream.h"
#include "base/thread_pool.h"

namespace nybble {

// Rows that are encoded at a time.
std::int64_t piece_rows(const Shape& shape);

// What the values of the blocks are multiplied by.
float scale_of(const OutputTensor& output);

// Whether the stored rows are, byte for byte, the rows to write.
bool is_copy(const OutputTensor& output);

// The blocks of a tensor whose values all stand on the grid of its format, as those of another
// format or of a model trained for it may; nullopt: they do not.
std::optional<std::vector<std::byte>> encode_exactly(const OutputTensor& output, ThreadPool& pool);

// The statistics of a weight's inputs as folding left them; nullopt when none are known. Throws
// Error(invalid_input) when they do not fit the weight.
std::optional<calibrate::InputStatistics> inputs_of(const models::SourceTensor& tensor,
                                                    const calibrate::StatisticsFile* statistics);

// So many rows, or all, spread over the whole tensor: [rows, cols].
std::vector<float> sample_rows(const models::SourceTensor& tensor, std::int64_t rows);

using TakeBytes = std::function<void(std::span<const std::byte>)>;

// Hands the bytes over in pieces. The relative error is 0 unless the options ask for errors.
TensorResult quantize_tensor(const OutputTensor& output, const quantize::Method& method,
                             const StreamOptions& options, ThreadPool& pool, const TakeBytes& take);

}  // namespace nybble
