// Run-time access to the blocks of INTb-Gn and UINTb-Gn: their scale, zero point and codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "formats/registry.h"

namespace nybble::formats {

struct Group {
  float scale = 0;
  int zero_point = 0;
  std::uint8_t codes[128] = {};  // the first `len` count
};

struct GroupBlocks {
  int bits = 0, len = 0;
  bool has_zero_point = false;  // else that is 2^(bits - 1)
  void (*load)(const std::byte* block, Group& group) = nullptr;
  void (*store)(const Group& group, std::byte* block) = nullptr;
};

// nullptr for other formats.
const GroupBlocks* group_blocks(FormatId format);
// The format with these codes, if there is one.
std::optional<FormatId> find_group_format(int bits, std::int64_t len, bool has_zero_point);

}  // namespace nybble::formats
