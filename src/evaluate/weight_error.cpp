#include "evaluate/weight_error.h"

#include <charconv>

namespace nybble::evaluate {
namespace {

// "blk.12.attn_q.weight": layer 12, role "attn_q"; "token_embd.weight": role "token_embd".
void read_name(std::string_view name, WeightError& error) {
  constexpr std::string_view layer_prefix = "blk.", weight = ".weight";
  if (name.starts_with(layer_prefix)) {
    name.remove_prefix(layer_prefix.size());
    const std::size_t dot = std::min(name.find('.'), name.size() - 1);
    std::from_chars(name.data(), name.data() + dot, error.layer);
    name.remove_prefix(dot + 1);
  }
  if (name.ends_with(weight)) name.remove_suffix(weight.size());
  error.role = name;
}

// Sums of one row; rows are added in order, so that the result does not depend on the threads.
struct RowSums {
  double difference = 0, reference = 0;
};

RowSums compare_rows(const models::SourceTensor& model, const models::SourceTensor& reference,
                     std::int64_t row) {
  const auto cols = static_cast<std::size_t>(model.shape.cols());
  std::vector<float> a(cols), b(cols);
  model.decode_rows(row, 1, a.data());
  reference.decode_rows(row, 1, b.data());
  RowSums sums;
  for (std::size_t i = 0; i < cols; ++i) {
    const double difference = static_cast<double>(a[i]) - b[i];
    sums.difference += difference * difference;
    sums.reference += static_cast<double>(b[i]) * b[i];
  }
  return sums;
}

double relative_error(const models::SourceTensor& model, const models::SourceTensor& reference,
                      ThreadPool& pool) {
  std::vector<RowSums> rows(static_cast<std::size_t>(model.shape.rows()));
  pool.run(model.shape.rows(), [&](std::int64_t row, int) {
    rows[static_cast<std::size_t>(row)] = compare_rows(model, reference, row);
  });
  RowSums total;
  for (const RowSums& row : rows) {
    total.difference += row.difference;
    total.reference += row.reference;
  }
  return total.difference == 0 ? 0 : total.difference / total.reference;
}

}  // namespace

std::vector<WeightError> weight_errors(const models::ModelSource& model,
                                       const models::ModelSource& reference, ThreadPool& pool) {
  std::vector<WeightError> errors;
  for (const models::SourceTensor& tensor : model.tensors) {
    const models::SourceTensor* original = reference.find(tensor.name);
    if (original == nullptr || original->shape != tensor.shape) continue;
    WeightError& error = errors.emplace_back();
    error.tensor = &tensor;
    read_name(tensor.name, error);
    error.relative = relative_error(tensor, *original, pool);
  }
  return errors;
}

}  // namespace nybble::evaluate
