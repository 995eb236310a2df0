#include "packing/packed_weight.h"

#include "base/mapped_file.h"

namespace nybble::packing {

std::uint64_t PackedWeight::stored_bytes() const {
  std::uint64_t bytes = 0;
  for (const files::NamedTensor* part : parts_) bytes += part->data.bytes.size();
  return bytes;
}

std::span<const std::byte> PackedWeight::row(std::int64_t i) const {
  const std::size_t size = row_bytes(format_, shape_.cols());
  if (!is_unpacked_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(mutex_);
    if (!is_unpacked_.load(std::memory_order_relaxed)) {
      std::vector<std::byte> blocks(static_cast<std::size_t>(shape_.rows()) * size);
      unpack_(blocks);
      blocks_ = std::move(blocks);
      is_unpacked_.store(true, std::memory_order_release);
    }
  }
  return std::span(blocks_).subspan(static_cast<std::size_t>(i) * size, size);
}

void PackedWeight::forget() const {
  const std::lock_guard lock(mutex_);
  is_unpacked_ = false;
  blocks_ = {};
  for (const files::NamedTensor* part : parts_) forget_pages(part->data.bytes);
}

}  // namespace nybble::packing
