// Methods "kquant" and "imatrix": the nearest levels of scales that each format searches for
// itself, without and with the importance of columns.
#pragma once

#include "quantize/method.h"
#include "tensor/tensor.h"

namespace nybble::quantize {

// Encodes rows [rows, cols] with the format's own search; importance [cols] or nullptr.
void encode_rows(FormatId target, std::span<const float> values, std::int64_t cols,
                 const float* importance, ThreadPool& pool, std::span<std::byte> blocks);

// Calls encode(x, n_blocks, bytes) for each row of values [rows, cols].
template <class Encode>
void for_each_row(FormatId target, std::span<const float> values, std::int64_t cols,
                  ThreadPool& pool, std::span<std::byte> blocks, const Encode& encode) {
  const auto row_len = static_cast<std::size_t>(cols);
  const std::size_t row_size = row_bytes(target, cols);
  const std::size_t n = row_len / static_cast<std::size_t>(formats::info(target).block_len);
  pool.run(static_cast<std::int64_t>(values.size() / row_len), [&](std::int64_t i, int) {
    const auto row = static_cast<std::size_t>(i);
    encode(values.data() + row * row_len, n, blocks.data() + row * row_size);
  });
}

std::unique_ptr<WeightQuantizer> begin_kquant(const WeightTask& task);
std::unique_ptr<WeightQuantizer> begin_imatrix(const WeightTask& task);
// note: what WeightQuantizer::note() says.
std::unique_ptr<WeightQuantizer> begin_imatrix(const WeightTask& task, std::string note);

}  // namespace nybble::quantize
