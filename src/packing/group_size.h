// Group sizes of checkpoints and the blocks that stand for them.
#pragma once

#include <cstdint>

namespace nybble::packing {

// The longest block of groups (128, 64, 32) that divides the group and the row; 0: none does.
// A group of several blocks repeats its scale in each.
constexpr std::int64_t block_len_for(std::int64_t group, std::int64_t cols) {
  for (const std::int64_t len : {128, 64, 32}) {
    if (group % len == 0 && cols % len == 0) return len;
  }
  return 0;
}

}  // namespace nybble::packing
