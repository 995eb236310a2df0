// A matrix of the model in the blocks of its format.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "formats/registry.h"

namespace nybble::train {

// Neighbouring rows of the blocks.
struct RowRange {
  std::int64_t first = 0, n = 0;
};

struct EncodedMatrix {
  std::string name;  // "blk.3.ffn_up.weight"
  FormatId format{};
  int rows = 0, cols = 0;
  std::vector<std::byte> blocks;
  // Row r of the blocks is this row of the matrix; empty: they are in order.
  std::vector<std::int64_t> row_order = {};
  bool shares_scales = false;  // blocks have some in common, which stay as they are
  float scale = 1;             // what the values of the blocks are multiplied by

  std::size_t blocks_a_row() const {
    return static_cast<std::size_t>(cols) /
           static_cast<std::size_t>(formats::info(format).block_len);
  }
  std::size_t n_blocks() const { return static_cast<std::size_t>(rows) * blocks_a_row(); }
  std::size_t row_bytes() const { return blocks.size() / static_cast<std::size_t>(rows); }
  std::byte* row_blocks(std::int64_t row) {
    return blocks.data() + static_cast<std::size_t>(row) * row_bytes();
  }

  std::int64_t row_of(std::int64_t block_row) const {
    return row_order.empty() ? block_row : row_order[static_cast<std::size_t>(block_row)];
  }
  // values [rows, cols] of the matrix, of which those of some rows of the blocks are written.
  void decode(const RowRange& range, float* values) const;
  // Row `row` of the blocks, values [cols].
  void decode_row(std::int64_t row, float* values) const;
  // values [rows, cols] of the matrix: those of some rows of the blocks.
  std::vector<float> in_block_order(std::span<const float> values, const RowRange& range) const;
  // Calls action(range) for all rows, so many at a time that their values stay in the cache of a
  // core.
  template <class Action>
  void for_rows(ThreadPool& pool, const Action& action) const {
    constexpr std::int64_t together = 16;
    pool.run((rows + together - 1) / together, [&](std::int64_t i, int) {
      action(RowRange{i * together, std::min(together, rows - i * together)});
    });
  }
};

}  // namespace nybble::train
