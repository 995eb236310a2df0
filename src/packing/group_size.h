// Group sizes of checkpoints and the blocks that stand for them.
#pragma once

#include <cstdint>

#include "files/hf_config.h"

namespace nybble::packing {

// The longest block of groups (128, 64, 32) that divides the group and the row; 0: none does.
// A group of several blocks repeats its scale in each.
constexpr std::int64_t block_len_for(std::int64_t group, std::int64_t cols) {
  for (const std::int64_t len : {128, 64, 32}) {
    if (group % len == 0 && cols % len == 0) return len;
  }
  return 0;
}

// The key group_size; -1: a row is one group. Throws Error(corrupt_file) when it is neither that
// nor a length.
std::int64_t read_group_size(const files::HfConfig& config, double otherwise);

}  // namespace nybble::packing
