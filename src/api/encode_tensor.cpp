#include "api/encode_tensor.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "base/error.h"
#include "formats/exact_encoding.h"

namespace nybble {
namespace {

constexpr std::int64_t piece_values = std::int64_t{4} << 20;  // 16 MiB of floats at a time
constexpr float first_f16_overflow = 65520;                   // rounds to 65536, which F16 lacks
constexpr float largest_nvfp4 = 448 * 6;                      // of E4M3 and E2M1

// Rows [first, first + n) of an output tensor.
struct Piece {
  const models::HfTensor& tensor;
  std::int64_t first = 0, n = 0;

  const models::SourceTensor& source() const { return *tensor.source; }
  std::int64_t cols() const { return source().shape.cols(); }
};

[[noreturn]] void refuse_value(const Piece& piece, std::size_t i, float value,
                               std::string_view what) {
  const auto cols = static_cast<std::size_t>(piece.cols());
  const auto row = piece.tensor.source_row(piece.first + static_cast<std::int64_t>(i / cols));
  fail(ErrorKind::invalid_input, "tensor '{}' has {} at [{}, {}]; {}", piece.source().name, value,
       row, i % cols, what);
}

// Every value must be finite and stay so in the output.
void check_values(const Piece& piece, FormatId format, bool allow_nan, std::span<float> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      if (!allow_nan) {
        refuse_value(piece, i, values[i],
                     "expected finite numbers (--allow-nan goes on all the same)");
      }
      if (formats::info(format).block_len > 1) values[i] = 0;
    } else if (format == id_of<formats::F16>() && std::fabs(values[i]) >= first_f16_overflow) {
      refuse_value(piece, i, values[i], "F16 ends at 65504; use BF16 or F32");
    } else if (format == id_of<formats::NVFP4>() && std::fabs(values[i]) > largest_nvfp4) {
      refuse_value(piece, i, values[i],
                   "NVFP4 ends at 2688 times the scale of the weight; use another type");
    }
  }
}

// Values as the blocks hold them. Dividing by a power of two loses nothing.
void decode_for(const OutputTensor& output, std::int64_t row, std::span<float> out) {
  output.tensor.decode_rows(row, 1, out.data());
  if (const float scale = scale_of(output); scale != 1) {
    for (float& value : out) value /= scale;
  }
}

void decode(const OutputTensor& output, const Piece& piece, ThreadPool& pool,
            std::span<float> out) {
  const auto cols = static_cast<std::size_t>(piece.cols());
  pool.run(piece.n, [&](std::int64_t i, int) {
    decode_for(output, piece.first + i, out.subspan(static_cast<std::size_t>(i) * cols, cols));
  });
}

void copy(const Piece& piece, std::span<std::byte> out) {
  for (std::int64_t i = 0; i < piece.n; ++i) {
    const auto row = piece.source().row(piece.tensor.source_row(piece.first + i));
    std::ranges::copy(row,
                      out.subspan(static_cast<std::size_t>(i) * row.size(), row.size()).begin());
  }
}

// What became of the values of a tensor, summed row by row in order.
struct ErrorSums {
  double difference = 0, source = 0;

  void add(std::span<const float> values, const OutputTensor& output,
           std::span<const std::byte> blocks, ThreadPool& pool);
  double relative() const { return difference == 0 ? 0 : difference / source; }
};

void ErrorSums::add(std::span<const float> values, const OutputTensor& output,
                    std::span<const std::byte> blocks, ThreadPool& pool) {
  const formats::FormatInfo& format = formats::info(output.format);
  const auto cols = static_cast<std::size_t>(output.tensor.source->shape.cols());
  const std::size_t row_size = row_bytes(output.format, output.tensor.source->shape.cols());
  const std::size_t n = values.size() / cols;
  std::vector<ErrorSums> rows(n);
  pool.run(static_cast<std::int64_t>(n), [&](std::int64_t row, int) {
    const auto i = static_cast<std::size_t>(row);
    std::vector<float> back(cols);
    format.decode(blocks.data() + i * row_size, cols / static_cast<std::size_t>(format.block_len),
                  back.data());
    for (std::size_t c = 0; c < cols; ++c) {
      const double value = values[i * cols + c], lost = back[c] - value;
      rows[i].difference += lost * lost;
      rows[i].source += value * value;
    }
  });
  for (const ErrorSums& row : rows) {
    difference += row.difference;
    source += row.source;
  }
}

// Encodes, or copies when there is no quantizer. Returns the relative error, 0 unless `measure`.
double encode_tensor(const OutputTensor& output, quantize::WeightQuantizer* quantizer,
                     const StreamOptions& options, ThreadPool& pool, const TakeBytes& take) {
  const bool measure = options.final_metadata && quantizer != nullptr;
  ErrorSums errors;
  const Shape& shape = output.tensor.source->shape;
  const std::int64_t cols = shape.cols(), step = piece_rows(shape);
  const std::size_t row_size = row_bytes(output.format, cols);
  std::vector<float> values(static_cast<std::size_t>(step * cols));
  std::vector<std::byte> blocks(static_cast<std::size_t>(step) * row_size);
  for (std::int64_t first = 0; first < shape.rows(); first += step) {
    const Piece piece{output.tensor, first, std::min(step, shape.rows() - first)};
    const auto floats = std::span(values).first(static_cast<std::size_t>(piece.n * cols));
    const auto bytes = std::span(blocks).first(static_cast<std::size_t>(piece.n) * row_size);
    decode(output, piece, pool, floats);
    check_values(piece, output.format, options.allow_nan, floats);
    if (quantizer == nullptr) {
      copy(piece, bytes);
    } else {
      quantizer->quantize(floats, pool, bytes);
    }
    if (measure) errors.add(floats, output, bytes, pool);
    take(bytes);
    if (piece.source().packed == nullptr) piece.source().forget();
  }
  output.tensor.source->forget();
  return errors.relative();
}

// Gives exact blocks the scales that their layout can store, and says whether they still are exact.
bool unify_scales(const OutputTensor& output, ThreadPool& pool, std::span<std::byte> blocks) {
  const formats::FormatInfo& format = formats::info(output.format);
  const Shape& shape = output.tensor.source->shape;
  const auto n = static_cast<std::size_t>(shape.cols() / format.block_len);
  std::vector<float> scales(static_cast<std::size_t>(shape.rows()) * n);
  format.scales(blocks.data(), scales.size(), scales.data());
  output.layout->unify_scales(shape, scales);
  std::atomic<bool> is_exact = true;
  pool.run(shape.rows(), [&](std::int64_t r, int) {
    const auto row = static_cast<std::size_t>(r);
    std::vector<float> values(static_cast<std::size_t>(shape.cols())), back(values.size());
    std::byte* out = blocks.data() + row * row_bytes(output.format, shape.cols());
    decode_for(output, r, values);
    format.encode_at(values.data(), scales.data() + row * n, n, out);
    format.decode(out, n, back.data());
    if (values != back) is_exact = false;
  });
  return is_exact;
}

// Whether a layout can store exact blocks, or some with the same values.
bool make_storable(const OutputTensor& output, ThreadPool& pool, std::span<std::byte> blocks) {
  if (output.layout == nullptr) return true;
  if (output.layout->shares_scales()) return unify_scales(output, pool, blocks);
  return output.layout->can_store(blocks);
}

// Whether a layout can store the blocks that the source has.
bool can_store_source(const OutputTensor& output) {
  const models::SourceTensor& source = *output.tensor.source;
  for (std::int64_t row = 0; row < source.shape.rows(); ++row) {
    if (!output.layout->can_store(source.row(row))) return false;
  }
  return true;
}

// Scales of a whole weight, which its layout changes before any block is encoded.
std::vector<float> shared_scales(const OutputTensor& output, const quantize::FirstBlocks& first,
                                 const StreamOptions& options, ThreadPool& pool) {
  const Shape& shape = output.tensor.source->shape;
  const std::int64_t step = piece_rows(shape),
                     blocks = shape.cols() / formats::info(output.format).block_len;
  std::vector<float> scales(static_cast<std::size_t>(shape.rows() * blocks));
  std::vector<float> values(static_cast<std::size_t>(step * shape.cols()));
  for (std::int64_t row = 0; row < shape.rows(); row += step) {
    const Piece piece{output.tensor, row, std::min(step, shape.rows() - row)};
    const auto floats = std::span(values).first(static_cast<std::size_t>(piece.n * shape.cols()));
    decode(output, piece, pool, floats);
    check_values(piece, output.format, options.allow_nan, floats);
    first.choose_scales(floats, pool,
                        std::span(scales).subspan(static_cast<std::size_t>(row * blocks),
                                                  static_cast<std::size_t>(piece.n * blocks)));
  }
  output.layout->share_scales(shape, scales);
  return scales;
}

}  // namespace

float scale_of(const OutputTensor& output) {
  return output.layout == nullptr ? output.scale : output.layout->scale();
}

std::int64_t piece_rows(const Shape& shape) {
  const std::int64_t whole_steps = piece_values / std::max<std::int64_t>(shape.cols(), 1) /
                                   quantize::row_step * quantize::row_step;
  return std::clamp<std::int64_t>(whole_steps, 1, shape.rows());
}

bool is_copy(const OutputTensor& output) {
  const models::SourceTensor& source = *output.tensor.source;
  const bool reorders_elements = source.shape.rank() == 1 && output.tensor.unpermute_heads > 0;
  const bool has_other_values = source.is_changed() || source.scale != scale_of(output);
  const bool shares_scales = output.layout != nullptr && output.layout->shares_scales();
  return source.is_in_files() && source.format == output.format && !reorders_elements &&
         !has_other_values && source.column_order().empty() && !shares_scales;
}

std::optional<std::vector<std::byte>> encode_exactly(const OutputTensor& output, ThreadPool& pool) {
  const auto encode = formats::exact_encoder(output.format);
  const Shape& shape = output.tensor.source->shape;
  if (encode == nullptr || shape.rank() < 2) return std::nullopt;
  const std::size_t row_size = row_bytes(output.format, shape.cols());
  const auto n = static_cast<std::size_t>(shape.cols() / formats::info(output.format).block_len);
  std::vector<std::byte> blocks(row_size);
  std::atomic<bool> is_exact = true;
  const auto encode_row = [&](std::int64_t row, int) {
    if (!is_exact) return;
    std::vector<float> values(static_cast<std::size_t>(shape.cols()));
    decode_for(output, row, values);
    if (!encode(values.data(), n, blocks.data() + static_cast<std::size_t>(row) * row_size))
      is_exact = false;
  };
  encode_row(0, 0);  // mostly it ends here, before there is memory for more
  if (!is_exact) return std::nullopt;
  blocks.resize(static_cast<std::size_t>(shape.rows()) * row_size);
  pool.run(shape.rows(), encode_row);
  if (!is_exact || !make_storable(output, pool, blocks)) return std::nullopt;
  return blocks;
}

std::optional<calibrate::InputStatistics> inputs_of(const models::SourceTensor& tensor,
                                                    const calibrate::StatisticsFile* statistics) {
  if (statistics == nullptr) return std::nullopt;
  auto inputs = statistics->find(tensor.name);
  if (!inputs) return inputs;
  if (inputs->cols != tensor.shape.cols()) {
    fail(ErrorKind::invalid_input,
         "the statistics of '{}' are of {} columns, expected {}: they come from another model",
         tensor.name, inputs->cols, tensor.shape.cols());
  }
  if (!tensor.col_factors.empty()) calibrate::divide(*inputs, tensor.col_factors);
  return inputs;
}

std::vector<float> sample_rows(const models::SourceTensor& tensor, std::int64_t rows) {
  const std::int64_t all = tensor.shape.rows(), n = std::min(all, rows);
  std::vector<float> values(static_cast<std::size_t>(n * tensor.shape.cols()));
  for (std::int64_t i = 0; i < n; ++i)
    tensor.decode_rows(i * all / n, 1, values.data() + i * tensor.shape.cols());
  return values;
}

TensorResult quantize_tensor(const OutputTensor& output, const quantize::Method& method,
                             const StreamOptions& options, ThreadPool& pool,
                             const TakeBytes& take) {
  if (is_copy(output) && (output.layout == nullptr || can_store_source(output)))
    return {encode_tensor(output, nullptr, options, pool, take), ""};
  if (const auto blocks = encode_exactly(output, pool)) {
    take(*blocks);
    output.tensor.source->forget();
    return {0, "exact: its values stand on the grid of the type"};
  }
  const models::SourceTensor& source = *output.tensor.source;
  const auto inputs = inputs_of(source, options.statistics);
  const auto quantizer = method.begin({.name = source.name,
                                       .cols = source.shape.cols(),
                                       .target = output.format,
                                       .inputs = inputs ? &*inputs : nullptr});
  if (output.layout != nullptr && output.layout->shares_scales()) {
    quantize::FirstBlocks& first = quantizer->first_blocks();
    first.give_scales(shared_scales(output, first, options, pool));
  }
  const double error = encode_tensor(output, quantizer.get(), options, pool, take);
  return {error, quantizer->note()};
}

}  // namespace nybble
