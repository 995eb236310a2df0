#include "cpu/kv_panels.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/half.h"
#include "formats/registry.h"

namespace nybble::cpu {
namespace {

std::size_t round_up(int n, int multiple) {
  return static_cast<std::size_t>((n + multiple - 1) / multiple * multiple);
}

std::size_t elements(const backend::KvCacheShape& shape) {
  return static_cast<std::size_t>(shape.layers) * static_cast<std::size_t>(shape.kv_heads) *
         round_up(shape.context, chunk_keys) * round_up(shape.head_dim, panel_rows);
}

template <auto narrow>
void put_elements(const float* x, int n, std::size_t stride, std::byte* elements) {
  using Element = decltype(narrow(0.0f));
  for (int i = 0; i < n; ++i) {
    const Element element = narrow(x[i]);
    std::memcpy(elements + static_cast<std::size_t>(i) * stride * sizeof element, &element,
                sizeof element);
  }
}

constexpr float keep(float x) {
  return x;
}

constexpr KvType types[]{
    {id_of<formats::F32>(), 4, put_elements<keep>, &Kernels::multiply_f32},
    {id_of<formats::F16>(), 2, put_elements<to_half>, &Kernels::multiply_f16},
    {id_of<formats::BF16>(), 2, put_elements<to_bf16>, &Kernels::multiply_bf16}};

}  // namespace

const KvType& kv_type(FormatId format) {
  const auto* type = std::ranges::find(types, format, &KvType::format);
  if (type == std::end(types)) {
    fail(ErrorKind::unsupported, "the key-value cache cannot be {}; expected f32, f16 or bf16",
         formats::info(format).name);
  }
  return *type;
}

std::size_t KvPanels::bytes_of(const backend::KvCacheShape& shape, const KvType& keys,
                               const KvType& values) {
  return (keys.bytes + values.bytes) * elements(shape);
}

KvPanels::KvPanels(const backend::KvCacheShape& shape, const KvType& keys, const KvType& values)
    : shape_(shape),
      key_type_(keys),
      value_type_(values),
      positions_(round_up(shape.context, chunk_keys)),
      channels_(round_up(shape.head_dim, panel_rows)),
      keys_(keys.bytes * elements(shape), "the key cache"),
      values_(values.bytes * elements(shape), "the value cache") {}

void KvPanels::put(int layer, int head, int position, const float* key, const float* value) {
  const auto p = static_cast<std::size_t>(position);
  const std::size_t first = head_offset(layer, head);
  key_type_.put(key, shape_.head_dim, panel_rows,
                keys_.data() + key_type_.bytes * (first + p / panel_rows * panel_rows * channels_ +
                                                  p % panel_rows));
  for (int i = 0; i < shape_.head_dim; i += panel_rows) {
    const std::size_t at = first + p * panel_rows + static_cast<std::size_t>(i) * positions_;
    value_type_.put(value + i, std::min(panel_rows, shape_.head_dim - i), 1,
                    values_.data() + value_type_.bytes * at);
  }
}

const void* KvPanels::keys(int layer, int head, int panel) const {
  return keys_.data() +
         key_type_.bytes *
             (head_offset(layer, head) + static_cast<std::size_t>(panel) * panel_rows * channels_);
}

const void* KvPanels::values(int layer, int head, int panel, int position) const {
  const std::size_t at =
      static_cast<std::size_t>(panel) * positions_ + static_cast<std::size_t>(position);
  return values_.data() + value_type_.bytes * (head_offset(layer, head) + at * panel_rows);
}

}  // namespace nybble::cpu
