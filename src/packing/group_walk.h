// All blocks of a weight in a format of integer groups, filled or read one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/group_blocks.h"
#include "tensor/shape.h"

namespace nybble::packing {

// fill(row, first column, group) gives scale, zero point and codes of each block.
template <class Fill>
void fill_groups(FormatId format, const Shape& shape, std::span<std::byte> blocks,
                 const Fill& fill) {
  const formats::GroupBlocks& access = *formats::group_blocks(format);
  const auto size = static_cast<std::size_t>(formats::info(format).block_bytes);
  const std::int64_t n = shape.cols() / access.len;
  formats::Group group;
  // Rows innermost: in most layouts neighbours in a column share words.
  for (std::int64_t b = 0; b < n; ++b) {
    for (std::int64_t row = 0; row < shape.rows(); ++row) {
      fill(row, b * access.len, group);
      access.store(group, blocks.data() + static_cast<std::size_t>(row * n + b) * size);
    }
  }
}

// visit(row, first column, group)
template <class Visit>
void visit_groups(FormatId format, const Shape& shape, std::span<const std::byte> blocks,
                  const Visit& visit) {
  const formats::GroupBlocks& access = *formats::group_blocks(format);
  const auto size = static_cast<std::size_t>(formats::info(format).block_bytes);
  const std::int64_t n = shape.cols() / access.len;
  formats::Group group;
  for (std::int64_t row = 0; row < shape.rows(); ++row) {
    for (std::int64_t b = 0; b < n; ++b) {
      access.load(blocks.data() + static_cast<std::size_t>(row * n + b) * size, group);
      visit(row, b * access.len, group);
    }
  }
}

// Does predicate(group) hold for all blocks?
template <class Predicate>
bool all_groups(FormatId format, std::span<const std::byte> blocks, const Predicate& predicate) {
  const auto size = static_cast<std::size_t>(formats::info(format).block_bytes);
  formats::Group group;
  for (std::size_t at = 0; at < blocks.size(); at += size) {
    formats::group_blocks(format)->load(blocks.data() + at, group);
    if (!predicate(group)) return false;
  }
  return true;
}

}  // namespace nybble::packing
