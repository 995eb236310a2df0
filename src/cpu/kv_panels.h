// Keys and values on the CPU, in the layout of panels, so that attention runs on the kernels of
// weights.
#pragma once

#include "backend/backend.h"
#include "cpu/aligned_array.h"
#include "cpu/kernels.h"

namespace nybble::cpu {

// A number format of keys or values.
struct KvType {
  FormatId format;
  std::size_t bytes;  // of an element
  // x[i] becomes the element i * stride.
  void (*put)(const float* x, int n, std::size_t stride, std::byte* elements);
  Multiply Kernels::*multiply;
};
// Throws Error(unsupported) naming the formats there are.
const KvType& kv_type(FormatId format);

// Keys: for each layer and head, panels [head_dim, 32 positions]. Values: for each layer and head,
// panels [positions, 32 channels]. Nothing is written before its position is: the machine gives the
// pages of a long context as it fills. Lanes that were never written are never added to a result.
class KvPanels final : public backend::KvCache {
 public:
  KvPanels(const backend::KvCacheShape& shape, const KvType& keys, const KvType& values);
  static std::size_t bytes_of(const backend::KvCacheShape& shape, const KvType& keys,
                              const KvType& values);
  std::size_t bytes() const override { return keys_.bytes() + values_.bytes(); }

  // key, value [head_dim].
  void put(int layer, int head, int position, const float* key, const float* value);
  // The panel [head_dim, 32] of the positions 32 * panel and on.
  const void* keys(int layer, int head, int panel) const;
  // The channels 32 * panel and on [positions, 32], from `position` on.
  const void* values(int layer, int head, int panel, int position) const;
  int value_panels() const { return static_cast<int>(channels_ / panel_rows); }
  const KvType& key_type() const { return key_type_; }
  const KvType& value_type() const { return value_type_; }

 private:
  std::size_t head_offset(int layer, int head) const {
    return static_cast<std::size_t>(layer * shape_.kv_heads + head) * positions_ * channels_;
  }

  backend::KvCacheShape shape_;
  const KvType &key_type_, &value_type_;
  std::size_t positions_, channels_;  // rounded up to whole panels
  AlignedArray<std::byte> keys_, values_;
};

}  // namespace nybble::cpu
