#include "cpu/cpu_weight.h"

namespace nybble::cpu {

void CpuWeight::apply_scale(std::int64_t n, float* values) const {
  if (scale_ == 1) return;
  for (std::int64_t i = 0; i < n; ++i) values[i] *= scale_;
}

void CpuWeight::decode_row(std::int64_t row, float* out) const {
  decode_stored_row(row, out);
  apply_scale(cols_, out);
  if (column_order_.empty()) return;
  const std::vector<float> ordered(out, out + cols_);
  for (std::size_t c = 0; c < ordered.size(); ++c) out[column_order_[c]] = ordered[c];
}

}  // namespace nybble::cpu
