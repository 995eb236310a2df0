#include "quantize/fit.h"

#include "base/error.h"
#include "tensor/tensor.h"

namespace nybble::quantize {

void quantize_fit(const WeightRows& rows, FormatId target, ThreadPool& pool,
                  std::span<std::byte> blocks) {
  const formats::FormatInfo& format = formats::info(target);
  if (format.encode == nullptr) {
    fail(ErrorKind::unsupported,
         "nybble reads {} but cannot write it yet; `nybble formats` lists what it writes",
         format.name);
  }
  const auto cols = static_cast<std::size_t>(rows.cols);
  const std::size_t row_size = row_bytes(target, rows.cols);
  const std::size_t row_blocks = cols / static_cast<std::size_t>(format.block_len);
  const float* importance = rows.importance.empty() ? nullptr : rows.importance.data();
  pool.run(static_cast<std::int64_t>(rows.values.size() / cols), [&](std::int64_t i, int) {
    const auto row = static_cast<std::size_t>(i);
    format.encode(rows.values.data() + row * cols, importance, row_blocks,
                  blocks.data() + row * row_size);
  });
}

}  // namespace nybble::quantize
