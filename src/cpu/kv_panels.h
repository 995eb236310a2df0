// Keys and values on the CPU, in the layout of panels, so that attention runs on the kernels of
// weights.
#pragma once

#include "backend/backend.h"
#include "cpu/aligned_array.h"
#include "cpu/kernels.h"

namespace nybble::cpu {

// Keys: for each layer and head, panels [head_dim, 32 positions]. Values: for each layer and head,
// panels [positions, 32 channels]. Nothing is written before its position is: the machine gives the
// pages of a long context as it fills. Lanes that were never written are never added to a result.
class KvPanels final : public backend::KvCache {
 public:
  explicit KvPanels(const backend::KvCacheShape& shape);
  static std::size_t bytes_of(const backend::KvCacheShape& shape);
  std::size_t bytes() const override { return 2 * keys_.bytes(); }

  // key, value [head_dim].
  void put(int layer, int head, int position, const float* key, const float* value);
  // The panel [head_dim, 32] of the positions 32 * panel and on.
  const float* keys(int layer, int head, int panel) const;
  // The channels 32 * panel and on [positions, 32], from `position` on.
  const float* values(int layer, int head, int panel, int position) const;
  int value_panels() const { return static_cast<int>(channels_ / panel_rows); }

 private:
  std::size_t head_offset(int layer, int head) const {
    return static_cast<std::size_t>(layer * shape_.kv_heads + head) * positions_ * channels_;
  }

  backend::KvCacheShape shape_;
  std::size_t positions_, channels_;  // rounded up to whole panels
  AlignedArray<float> keys_, values_;
};

}  // namespace nybble::cpu
