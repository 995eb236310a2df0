#include "cpu/kv_panels.h"

#include <algorithm>

namespace nybble::cpu {
namespace {

std::size_t round_up(int n, int multiple) {
  return static_cast<std::size_t>((n + multiple - 1) / multiple * multiple);
}

struct Sizes {
  std::size_t positions, channels, heads;

  explicit Sizes(const backend::KvCacheShape& shape)
      : positions(round_up(shape.context, chunk_keys)),
        channels(round_up(shape.head_dim, panel_rows)),
        heads(static_cast<std::size_t>(shape.layers) * static_cast<std::size_t>(shape.kv_heads)) {}

  std::size_t key_bytes(const KvLayout& layout) const {
    return heads * positions / panel_rows * layout.key_panel_bytes(channels);
  }
  std::size_t value_bytes(const KvLayout& layout) const {
    return heads * channels / panel_rows * layout.value_panel_bytes(positions);
  }
};

}  // namespace

std::size_t KvPanels::bytes_of(const backend::KvCacheShape& shape, const KvLayout& keys,
                               const KvLayout& values) {
  const Sizes sizes(shape);
  return sizes.key_bytes(keys) + sizes.value_bytes(values);
}

KvPanels::KvPanels(const backend::KvCacheShape& shape, const KvLayout& keys, const KvLayout& values)
    : shape_(shape),
      key_layout_(keys),
      value_layout_(values),
      positions_(Sizes(shape).positions),
      channels_(Sizes(shape).channels),
      keys_(Sizes(shape).key_bytes(keys), "the key cache"),
      values_(Sizes(shape).value_bytes(values), "the value cache") {}

std::size_t KvPanels::key_offset(int layer, int head, std::size_t panel) const {
  const auto which = static_cast<std::size_t>(layer * shape_.kv_heads + head);
  return (which * positions_ / panel_rows + panel) * key_layout_.key_panel_bytes(channels_);
}

std::size_t KvPanels::value_offset(int layer, int head, std::size_t panel) const {
  const auto which = static_cast<std::size_t>(layer * shape_.kv_heads + head);
  return (which * channels_ / panel_rows + panel) * value_layout_.value_panel_bytes(positions_);
}

void KvPanels::put(int layer, int head, int position, const float* key, const float* value) {
  const auto p = static_cast<std::size_t>(position);
  key_layout_.put_key(key, shape_.head_dim, p % panel_rows,
                      keys_.data() + key_offset(layer, head, p / panel_rows));
  for (int i = 0; i < shape_.head_dim; i += panel_rows) {
    const auto panel = static_cast<std::size_t>(i / panel_rows);
    value_layout_.put_value(value + i, std::min(panel_rows, shape_.head_dim - i), p, positions_,
                            values_.data() + value_offset(layer, head, panel));
  }
}

void KvPanels::multiply_keys(const Kernels& kernels, int layer, int head, int panel,
                             const KvLayout::Factors& queries) const {
  key_layout_.multiply_keys(kernels,
                            keys_.data() + key_offset(layer, head, static_cast<std::size_t>(panel)),
                            shape_.head_dim, queries);
}

void KvPanels::multiply_values(const Kernels& kernels, int layer, int head, int panel, int first,
                               int count, const KvLayout::Factors& weights) const {
  value_layout_.multiply_values(
      kernels, values_.data() + value_offset(layer, head, static_cast<std::size_t>(panel)),
      positions_, first, count, weights);
}

}  // namespace nybble::cpu
