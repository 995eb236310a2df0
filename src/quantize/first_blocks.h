// The blocks that a method begins with: the nearest codes of scales that the format chooses, or of
// given ones.
#pragma once

#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "formats/format.h"
#include "formats/registry.h"

namespace nybble::quantize {

// Encodes rows [rows, cols] with the format's own search; importance [cols] or nullptr.
void encode_rows(FormatId target, std::span<const float> values, std::int64_t cols,
                 const float* importance, ThreadPool& pool, std::span<std::byte> blocks);

// Of one weight, whose rows come in order, in pieces.
class FirstBlocks {
 public:
  // importance [cols], or empty: none. Throws Error(unsupported) when nybble does not write the
  // target, or not with plain scales.
  FirstBlocks(FormatId target, std::int64_t cols, std::vector<float> importance,
              formats::Scales scales);

  void encode(std::span<const float> values, ThreadPool& pool, std::span<std::byte> blocks);

  // For layouts whose blocks share scales. First the scale that each block would choose, scales
  // [values / block_len]; then what is made of those of all rows.
  void choose_scales(std::span<const float> values, ThreadPool& pool,
                     std::span<float> scales) const;
  void give_scales(std::vector<float> scales) { given_ = std::move(scales); }

 private:
  void encode_freely(std::span<const float> values, ThreadPool& pool,
                     std::span<std::byte> blocks) const;

  const formats::FormatInfo& format_;
  std::int64_t cols_;
  std::vector<float> importance_;
  formats::Scales scales_;
  std::vector<float> given_;
  std::size_t next_ = 0;  // of the given scales
};

}  // namespace nybble::quantize
