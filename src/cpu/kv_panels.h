// Keys and values on the CPU, in the layout of panels, so that attention runs on the kernels of
// weights.
#pragma once

#include "backend/backend.h"
#include "cpu/aligned_array.h"
#include "cpu/kv_layout.h"

namespace nybble::cpu {

// Keys: for each layer and head, panels of 32 positions. Values: for each layer and head, panels of
// 32 channels. Nothing is written before its position is: the machine gives the pages of a long
// context as it fills. Lanes that were never written are never added to a result.
class KvPanels final : public backend::KvCache {
 public:
  KvPanels(const backend::KvCacheShape& shape, const KvLayout& keys, const KvLayout& values);
  static std::size_t bytes_of(const backend::KvCacheShape& shape, const KvLayout& keys,
                              const KvLayout& values);
  std::size_t bytes() const override { return keys_.bytes() + values_.bytes(); }

  // key, value [head_dim].
  void put(int layer, int head, int position, const float* key, const float* value);
  // Adds queries [n, head_dim] times the keys of the positions 32 * panel and on.
  void multiply_keys(const Kernels& kernels, int layer, int head, int panel,
                     const KvLayout::Factors& queries) const;
  // Adds weights [n, count] times the channels 32 * panel and on of positions from `first` on.
  void multiply_values(const Kernels& kernels, int layer, int head, int panel, int first, int count,
                       const KvLayout::Factors& weights) const;
  int value_panels() const { return static_cast<int>(channels_ / panel_rows); }

 private:
  std::size_t key_offset(int layer, int head, std::size_t panel) const;
  std::size_t value_offset(int layer, int head, std::size_t panel) const;

  backend::KvCacheShape shape_;
  const KvLayout &key_layout_, &value_layout_;
  std::size_t positions_, channels_;  // rounded up to whole panels
  AlignedArray<std::byte> keys_, values_;
};

}  // namespace nybble::cpu
