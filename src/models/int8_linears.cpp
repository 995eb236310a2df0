#include "models/int8_linears.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "formats/group_blocks.h"
#include "packing/group_size.h"

namespace nybble::models {
namespace {

// One row of floats as blocks of a format.
using EncodeRow = void (*)(std::span<const float> row, const formats::FormatInfo& format,
                           std::size_t n_blocks, std::byte* blocks);

void encode_with_one_scale(std::span<const float> row, const formats::FormatInfo& format,
                           std::size_t n_blocks, std::byte* blocks) {
  float largest = 0;
  for (const float value : row) largest = std::max(largest, std::fabs(value));
  const std::vector<float> scales(n_blocks, largest / 127);
  format.encode_at(row.data(), scales.data(), n_blocks, blocks);
}

void encode_plainly(std::span<const float> row, const formats::FormatInfo& format,
                    std::size_t n_blocks, std::byte* blocks) {
  format.encode_plain(row.data(), n_blocks, blocks);
}

void encode_rows(const files::NamedTensor& stored, FormatId format, EncodeRow encode,
                 std::span<std::byte> out) {
  const Shape& shape = stored.data.shape;
  const formats::FormatInfo& info = formats::info(format);
  const auto n = static_cast<std::size_t>(shape.cols() / info.block_len);
  const std::size_t row_size = n * static_cast<std::size_t>(info.block_bytes);
  std::vector<float> row(static_cast<std::size_t>(shape.cols()));
  for (std::int64_t r = 0; r < shape.rows(); ++r) {
    stored.data.decode_rows(r, 1, row.data());
    encode(row, info, n, out.data() + static_cast<std::size_t>(r) * row_size);
  }
}

bool is_int8(FormatId format) {
  const formats::GroupBlocks* blocks = formats::group_blocks(format);
  return blocks != nullptr && blocks->bits == 8;
}

bool is_float_matrix(const SourceTensor& tensor) {
  return tensor.shape.rank() == 2 && tensor.stored != nullptr && !tensor.is_changed() &&
         formats::info(tensor.format).block_len == 1;
}

bool is_float_linear(const SourceTensor& tensor) {
  return is_float_matrix(tensor) && tensor.name.starts_with("blk.") &&
         packing::block_len_for(tensor.shape.cols(), tensor.shape.cols()) > 0;
}

void set_format(SourceTensor& tensor, FormatId format, EncodeRow encode) {
  const files::NamedTensor& stored = *tensor.stored;
  tensor.packed = std::make_shared<const packing::PackedWeight>(
      format, stored.data.shape, std::vector{tensor.stored},
      [&stored, format, encode](auto blocks) { encode_rows(stored, format, encode, blocks); });
  tensor.stored = nullptr;
  tensor.format = format;
}

}  // namespace

ModelSource with_int8_linears(ModelSource source) {
  int n = 0;
  for (SourceTensor& tensor : source.tensors) {
    if (is_float_linear(tensor)) {
      const std::int64_t cols = tensor.shape.cols();
      set_format(tensor, *formats::find_group_format(8, packing::block_len_for(cols, cols), false),
                 encode_with_one_scale);
    }
    if (!tensor.name.starts_with("blk.") || !is_int8(tensor.format)) continue;
    tensor.activations = Activations::int8_but_outliers;
    ++n;
  }
  if (n == 0) {
    fail(ErrorKind::unsupported,
         "{}: no linear has weights of 16 bits or int8, which LLM.int8() works on",
         source.checkpoint->path.string());
  }
  return source;
}

ModelSource with_q8_0_weights(ModelSource source, std::string_view prefix) {
  for (SourceTensor& tensor : source.tensors) {
    if (tensor.name.starts_with(prefix) && is_float_matrix(tensor) &&
        tensor.shape.cols() % formats::Q8_0::block_len == 0)
      set_format(tensor, id_of<formats::Q8_0>(), encode_plainly);
  }
  return source;
}

}  // namespace nybble::models
