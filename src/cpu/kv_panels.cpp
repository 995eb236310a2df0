#include "cpu/kv_panels.h"

#include <algorithm>

namespace nybble::cpu {
namespace {

std::size_t round_up(int n, int multiple) {
  return static_cast<std::size_t>((n + multiple - 1) / multiple * multiple);
}

std::size_t elements(const backend::KvCacheShape& shape) {
  return static_cast<std::size_t>(shape.layers) * static_cast<std::size_t>(shape.kv_heads) *
         round_up(shape.context, chunk_keys) * round_up(shape.head_dim, panel_rows);
}

}  // namespace

std::size_t KvPanels::bytes_of(const backend::KvCacheShape& shape) {
  return 2 * sizeof(float) * elements(shape);
}

KvPanels::KvPanels(const backend::KvCacheShape& shape)
    : shape_(shape),
      positions_(round_up(shape.context, chunk_keys)),
      channels_(round_up(shape.head_dim, panel_rows)),
      keys_(elements(shape), "the key cache"),
      values_(elements(shape), "the value cache") {}

void KvPanels::put(int layer, int head, int position, const float* key, const float* value) {
  const auto p = static_cast<std::size_t>(position);
  float* key_lane = keys_.data() + head_offset(layer, head) +
                    p / panel_rows * panel_rows * channels_ + p % panel_rows;
  float* values = values_.data() + head_offset(layer, head) + p * panel_rows;
  for (int i = 0; i < shape_.head_dim; ++i) key_lane[i * panel_rows] = key[i];
  for (int i = 0; i < shape_.head_dim; i += panel_rows) {
    std::copy_n(value + i, std::min(panel_rows, shape_.head_dim - i),
                values + static_cast<std::size_t>(i) * positions_);
  }
}

const float* KvPanels::keys(int layer, int head, int panel) const {
  return keys_.data() + head_offset(layer, head) +
         static_cast<std::size_t>(panel) * panel_rows * channels_;
}

const float* KvPanels::values(int layer, int head, int panel, int position) const {
  return values_.data() + head_offset(layer, head) +
         (static_cast<std::size_t>(panel) * positions_ + static_cast<std::size_t>(position)) *
             panel_rows;
}

}  // namespace nybble::cpu
