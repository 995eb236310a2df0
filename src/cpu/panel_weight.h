// A weight of floats: rows in panels of 32 side by side, so that one vector holds the same column
// of 16 rows.
#pragma once

#include "base/thread_pool.h"
#include "cpu/cpu_weight.h"
#include "cpu/stored_rows.h"

namespace nybble::cpu {

// Two layouts. Expanded: panels [cols, 32] of F32, F16 or BF16 elements, for weights stored so and
// for those that are small enough to be decoded once. Stored: the rows as they came, decoded a
// block of columns at a time when they are used. Both give the same bits. Missing rows of the last
// panel are zero.
class PanelWeight final : public CpuWeight {
 public:
  // Formats other than F32, F16 and BF16 become panels of F32. Throws Error(out_of_memory).
  PanelWeight(const backend::WeightSource& source, KeepRows keep, const Kernels& kernels,
              LargePages& pages, ThreadPool& pool);

  std::size_t bytes() const override { return data_.bytes() + stored_rows_.bytes(); }
  int input_group_len() const override { return 0; }
  void multiply(std::int64_t panel, const Inputs& inputs, float* acc,
                Scratch& scratch) const override;

  // Bytes of the panels of a matrix with elements of this size.
  static std::size_t expanded_bytes(std::int64_t rows, std::int64_t cols,
                                    std::size_t element_bytes);
  // Bytes an element keeps in a panel without loss: 2 or 4; 0 when the format has to be decoded.
  static std::size_t native_element_bytes(FormatId format);

 private:
  void decode_stored_row(std::int64_t row, float* out) const override;
  void fill_panel(const backend::WeightSource& source, std::int64_t panel);
  void decode_block(std::int64_t panel, std::int64_t first_col, std::int64_t n_cols,
                    Scratch& scratch) const;

  std::size_t element_bytes_ = 0;  // of a panel; 0: stored layout
  Multiply multiply_ = nullptr;
  AlignedArray<std::byte> data_;
  StoredRows stored_rows_;
};

}  // namespace nybble::cpu
