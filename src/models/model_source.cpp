#include "models/model_source.h"

#include <algorithm>

#include "base/mapped_file.h"
#include "models/decoder_tensors.h"

namespace nybble::models {
namespace {

// From the order of the blocks to that of the weight.
void put_in_order(std::span<const std::int32_t> order, std::span<float> row) {
  const std::vector<float> ordered(row.begin(), row.end());
  for (std::size_t c = 0; c < row.size(); ++c) row[static_cast<std::size_t>(order[c])] = ordered[c];
}

// The row of W becomes that of W + scale * B A.
void merge_row(const LowRank& part, std::int64_t row, std::span<float> values) {
  thread_local std::vector<float> sums;
  sums.assign(values.size(), 0);
  const float* a = part.a.data();
  const float* b = part.b.data() + row * part.rank;
  for (int i = 0; i < part.rank; ++i, a += values.size()) {
    for (std::size_t c = 0; c < values.size(); ++c) sums[c] += b[i] * a[c];
  }
  for (std::size_t c = 0; c < values.size(); ++c) values[c] += part.scale * sums[c];
}

}  // namespace

std::int64_t SourceTensor::stored_row(std::int64_t row) const {
  return permuted_heads == 0 ? row : hf_row(row, shape.rows(), permuted_heads);
}

std::span<const std::byte> SourceTensor::row(std::int64_t row) const {
  if (stored != nullptr) return stored->data.row(stored_row(row));
  if (packed != nullptr) return packed->row(stored_row(row));
  const std::size_t size = static_cast<std::size_t>(shape.cols());
  return std::as_bytes(std::span(values).subspan(static_cast<std::size_t>(row) * size, size));
}

void SourceTensor::decode_rows(std::int64_t first, std::int64_t n, float* out) const {
  const formats::FormatInfo& info = formats::info(format);
  const auto blocks = static_cast<std::size_t>(shape.cols() / info.block_len);
  for (std::int64_t r = first; r < first + n; ++r, out += shape.cols()) {
    info.decode(row(r).data(), blocks, out);
    const std::span<float> values_of_row(out, static_cast<std::size_t>(shape.cols()));
    if (scale != 1) {
      for (float& value : values_of_row) value *= scale;
    }
    if (!column_order().empty()) put_in_order(column_order(), values_of_row);
    if (is_merged) merge_row(*low_rank, r, values_of_row);
    if (!row_factors.empty()) {
      for (std::int64_t c = 0; c < shape.cols(); ++c)
        out[c] *= row_factors[static_cast<std::size_t>(r)];
    }
    for (std::size_t c = 0; c < col_factors.size(); ++c) out[c] *= col_factors[c];
  }
}

void SourceTensor::forget() const {
  if (stored != nullptr) forget_pages(stored->data.bytes);
  if (packed != nullptr) packed->forget();
}

std::size_t SourceTensor::row_bytes() const {
  return static_cast<std::size_t>(shape.rows()) * nybble::row_bytes(format, shape.cols());
}

std::uint64_t SourceTensor::stored_bytes() const {
  if (packed != nullptr) return packed->stored_bytes();
  return stored == nullptr ? 0 : stored->data.bytes.size();
}

std::string_view SourceTensor::file() const {
  const files::NamedTensor* first = packed != nullptr ? packed->parts().front() : stored;
  return first == nullptr ? std::string_view() : first->file;
}

const SourceTensor* ModelSource::find(std::string_view name) const {
  const auto it = std::find_if(tensors.begin(), tensors.end(),
                               [&](const SourceTensor& t) { return t.name == name; });
  return it == tensors.end() ? nullptr : &*it;
}

std::size_t ModelSource::weight_bytes(bool mapped) const {
  std::size_t bytes = 0, floats = 0;
  for (const SourceTensor& tensor : tensors) {
    if (tensor.low_rank != nullptr && !tensor.is_merged)
      floats += tensor.low_rank->a.size() + tensor.low_rank->b.size();
    if (tensor.is_changed()) {
      floats += static_cast<std::size_t>(tensor.shape.count());
    } else if (!mapped || !tensor.rows_stay()) {
      bytes += tensor.row_bytes();
    }
  }
  return bytes + sizeof(float) * floats;
}

std::int64_t HfTensor::source_row(std::int64_t row) const {
  return unpermute_heads == 0 || source->shape.rank() < 2
             ? row
             : gguf_row(row, source->shape.rows(), unpermute_heads);
}

void HfTensor::decode_rows(std::int64_t first, std::int64_t n, float* out) const {
  const std::int64_t cols = source->shape.cols();
  for (std::int64_t r = 0; r < n; ++r)
    source->decode_rows(source_row(first + r), 1, out + r * cols);
  if (unpermute_heads == 0 || source->shape.rank() >= 2 || n == 0) return;
  const std::vector<float> values(out, out + cols);
  for (std::int64_t i = 0; i < cols; ++i)
    out[i] = values[static_cast<std::size_t>(gguf_row(i, cols, unpermute_heads))];
}

}  // namespace nybble::models
