// One tensor from its source to the blocks of its format.
#pragma once

#include <functional>
#include <span>

#include "api/tensor_stream.h"
#include "base/thread_pool.h"

namespace nybble {

// Rows that are encoded at a time.
std::int64_t piece_rows(const Shape& shape);

// Whether the stored rows are, byte for byte, the rows to write.
bool is_copy(const OutputTensor& output);

using TakeBytes = std::function<void(std::span<const std::byte>)>;

// Hands the bytes over in pieces. The relative error is 0 unless the options ask for errors.
TensorResult quantize_tensor(const OutputTensor& output, const quantize::Method& method,
                             const StreamOptions& options, ThreadPool& pool, const TakeBytes& take);

}  // namespace nybble
