// The scales and offsets of a weight of small integers, 16 rows side by side.
#pragma once

#include <span>

#include "cpu/aligned_array.h"
#include "cpu/kernels.h"
#include "cpu/run_format.h"

namespace nybble::cpu {

// In so many blocks of 32 columns.
inline std::int64_t groups_of(const RunFormat& format, std::int64_t blocks) {
  return blocks * 32 / format.group_len;
}
// Blocks of 32 columns in a group, 1 for shorter ones.
inline int longer_blocks(const RunFormat& format) {
  return format.group_len <= 32 ? 1 : format.group_len / 32;
}
inline A8Groups a8_groups(const RunFormat& format) {
  return format.group_len == 16 ? a8_halves : format.group_len == 32 ? a8_blocks : a8_longer;
}

inline A8Offsets a8_offsets(const RunFormat& format) {
  return !format.has_offsets                      ? no_offsets
         : format.scales == RunScales::two_levels ? pair_offsets
                                                  : float_offsets;
}
// The offsets of two levels of the which-th block of each row, as pair_offsets: halves [blocks][16]
// and factors [groups / 2][16][2].
void store_pair_offsets(const RunFormat& format, std::span<const RunBlock, lanes> blocks,
                        std::int64_t which, std::byte* halves, std::byte* factors);

// For 16 rows: [groups][16] of one level, or [blocks][16] halves and then [groups][16] factors;
// those of the offsets follow, factors of
// these in pairs. Rows that are missing have zeros.
class RunScales16 {
 public:
  // For so many times 16 rows. Throws Error(out_of_memory) naming what for.
  RunScales16(const RunFormat& format, const Int8Kernels& kernels, std::int64_t cols,
              std::int64_t sixteens, const char* name, LargePages& pages);
  // Of 16 rows.
  static std::int64_t bytes_of(const RunFormat& format, std::int64_t cols);
  std::size_t bytes() const { return scales_.bytes(); }

  // Those of a block of each row.
  void store(std::span<const RunBlock, lanes> blocks, std::int64_t sixteen, std::int64_t which);
  // Scales, or offsets, of columns 32 first ... 32 (first + n) as floats [groups][16].
  void expand(std::int64_t sixteen, bool offsets, std::int64_t first, std::int64_t n,
              float* floats) const;
  // Those of a panel as they stand, from column 32 first on.
  A8Scales in_place(std::int64_t panel, bool offsets, std::int64_t first) const;

 private:
  struct Places {
    std::int64_t groups = 0, total = 0;  // where factors begin, and where offsets do
  };
  static Places places_of(const RunFormat& format, std::int64_t cols);
  void store_level(std::span<const RunBlock, lanes> blocks, float RunBlock::*outer,
                   float (RunBlock::*inner)[RunBlock::max_groups], std::int64_t which,
                   std::byte* place) const;
  void expand_pairs(const std::byte* place, std::int64_t first, std::int64_t n,
                    float* floats) const;
  const std::byte* place_of(std::int64_t sixteen, bool offsets) const {
    return scales_.data() + sixteen * bytes_ + (offsets ? places_.total : 0);
  }

  const RunFormat& format_;
  const Int8Kernels& kernels_;
  Places places_;
  std::int64_t bytes_;  // of 16 rows
  AlignedArray<std::byte> scales_;
};

}  // namespace nybble::cpu
