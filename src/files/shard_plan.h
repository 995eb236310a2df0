// Which tensors stand together in one file of a split model.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace nybble::files {

// The shard of each tensor, from 0, in the given order: a new one begins where the next tensor
// would exceed max_bytes. max_bytes 0: one shard.
inline std::vector<std::size_t> plan_shards(std::span<const std::uint64_t> sizes,
                                            std::uint64_t max_bytes) {
  std::vector<std::size_t> shards;
  std::size_t shard = 0;
  std::uint64_t filled = 0;
  for (const std::uint64_t size : sizes) {
    const bool fits =
        max_bytes == 0 || filled == 0 || (filled <= max_bytes && size <= max_bytes - filled);
    if (!fits) {
      ++shard;
      filled = 0;
    }
    filled += size;
    shards.push_back(shard);
  }
  return shards;
}

}  // namespace nybble::files
