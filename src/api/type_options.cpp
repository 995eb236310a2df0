#include "api/type_options.h"

#include <algorithm>

#include "api/encode_tensor.h"
#include "base/error.h"
#include "quantize/first_blocks.h"

namespace nybble {
namespace {

constexpr std::int64_t sampled_rows = 32;
// What stock llama.cpp runs everywhere.
constexpr std::string_view candidates[] = {"IQ2_XXS", "IQ2_XS", "IQ2_S",  "Q2_K",   "IQ3_XXS",
                                           "IQ3_S",   "Q3_K",   "IQ4_XS", "IQ4_NL", "Q4_K",
                                           "Q5_0",    "Q5_1",   "Q5_K",   "Q6_K",   "Q8_0"};

// Sum of importance * (x - back)^2, over the same sum of x^2.
double relative_loss(std::span<const float> values, std::span<const float> importance,
                     FormatId format, std::span<const std::byte> blocks) {
  const formats::FormatInfo& info = formats::info(format);
  std::vector<float> back(values.size());
  info.decode(blocks.data(), values.size() / static_cast<std::size_t>(info.block_len), back.data());
  double lost = 0, whole = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double weight = importance.empty() ? 1 : importance[i % importance.size()];
    const double difference = double{values[i]} - double{back[i]};
    lost += weight * difference * difference;
    whole += weight * double{values[i]} * double{values[i]};
  }
  return whole == 0 ? 0 : lost / whole;
}

}  // namespace

std::uint64_t bytes_of(const models::SourceTensor& tensor, FormatId format) {
  return static_cast<std::uint64_t>(tensor.shape.rows()) * row_bytes(format, tensor.shape.cols());
}

bool is_candidate(FormatId format) {
  return std::ranges::find(candidates, formats::info(format).name) != std::end(candidates);
}

std::vector<FormatId> candidates_for(const models::SourceTensor& tensor,
                                     const quantize::Method& method) {
  std::vector<FormatId> formats;
  for (const std::string_view name : candidates) {
    const formats::FormatInfo& format = formats::info(*formats::find_by_name(name));
    if (tensor.shape.cols() % format.block_len == 0 && quantize::writes(method, format.id))
      formats.push_back(format.id);
  }
  return formats;
}

bool may_change(const quantize::TypeChoice& choice) {
  return choice.reason.starts_with("recipe") || choice.reason.starts_with("fallback") ||
         choice.reason.starts_with("size");
}

void check_budget(const models::ModelSource& source, std::span<const quantize::TypeChoice> types,
                  const quantize::Method& method, std::uint64_t budget) {
  std::uint64_t least = 0;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const models::SourceTensor& tensor = source.tensors[i];
    std::uint64_t bytes = bytes_of(tensor, types[i].format);
    if (may_change(types[i])) {
      for (const FormatId format : candidates_for(tensor, method))
        bytes = std::min(bytes, bytes_of(tensor, format));
    }
    least += bytes;
  }
  if (least <= budget) return;
  fail(ErrorKind::invalid_input,
       "the smallest types take {} bytes of tensors, {} were asked for; ask for more", least,
       budget);
}

std::vector<quantize::FormatOption> list_options(const models::SourceTensor& tensor,
                                                 const quantize::Method& method,
                                                 const calibrate::StatisticsFile* statistics,
                                                 ThreadPool& pool) {
  std::vector<quantize::FormatOption> options;
  const std::vector<float> values = sample_rows(tensor, sampled_rows);
  std::vector<float> importance;
  if (const auto inputs = inputs_of(tensor, statistics))
    importance = calibrate::mean_squares(*inputs);
  const std::size_t rows = values.size() / static_cast<std::size_t>(tensor.shape.cols());
  for (const FormatId id : candidates_for(tensor, method)) {
    const formats::FormatInfo& format = formats::info(id);
    std::vector<std::byte> blocks(rows * row_bytes(format.id, tensor.shape.cols()));
    quantize::encode_rows(format.id, values, tensor.shape.cols(),
                          importance.empty() ? nullptr : importance.data(), pool, blocks);
    options.push_back({format.id, bytes_of(tensor, format.id),
                       relative_loss(values, importance, format.id, blocks)});
  }
  return options;
}

}  // namespace nybble
