// How the key-value cache keeps numbers of one format.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/kernels.h"
#include "formats/registry.h"

namespace nybble::cpu {

// A panel is 32 positions of one head's keys, or 32 channels of its values. Channels are padded to
// a multiple of 32.
class KvLayout {
 public:
  // Queries or weights [n, k], rows ldx apart; products [n, 32] are added to.
  struct Factors {
    const float* x;
    std::int64_t ldx;
    int n;
    float* products;
    // To compute in: floats [n, 64], codes [k, 32].
    float* floats;
    std::int8_t* codes;
  };

  virtual std::size_t key_panel_bytes(std::size_t channels) const = 0;
  virtual std::size_t value_panel_bytes(std::size_t positions) const = 0;
  // key [head_dim] becomes the lane of a panel of keys.
  virtual void put_key(const float* key, int head_dim, std::size_t lane,
                       std::byte* panel) const = 0;
  // value [channels], at most 32, becomes the row `position` of a panel of values.
  virtual void put_value(const float* value, int channels, std::size_t position,
                         std::size_t positions, std::byte* panel) const = 0;
  virtual void multiply_keys(const Kernels& kernels, const std::byte* panel, int head_dim,
                             const Factors& queries) const = 0;
  // With the values of `count` positions, at most 64, from `first` on.
  virtual void multiply_values(const Kernels& kernels, const std::byte* panel,
                               std::size_t positions, int first, int count,
                               const Factors& weights) const = 0;

 protected:
  ~KvLayout() = default;
};

// F32, F16, BF16, Q8_0 or Q4_0; nullptr for other formats.
const KvLayout* find_kv_layout(FormatId format);
// Throws Error(unsupported) instead.
const KvLayout& kv_layout(FormatId format);

}  // namespace nybble::cpu
