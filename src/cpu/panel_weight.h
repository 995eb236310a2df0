// A weight on the CPU: rows in panels of 32 side by side, so that one vector holds the same column
// of 16 rows.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "base/thread_pool.h"
#include "cpu/aligned_array.h"
#include "cpu/kernels.h"

namespace nybble::cpu {

// Two layouts. Expanded: panels [cols, 32] of F32, F16 or BF16 elements, for weights stored so and
// for those that are small enough to be decoded once. Stored: the rows as they came, decoded a
// block of columns at a time when they are used. Both give the same bits. Missing rows of the last
// panel are zero.
class PanelWeight final : public backend::Weight {
 public:
  // Where decoded blocks of a stored weight go.
  struct Scratch {
    AlignedArray<float> rows, panel;
  };

  // expand: decode formats other than F32, F16 and BF16 to F32 panels. Throws Error(out_of_memory).
  PanelWeight(const backend::WeightSource& source, bool expand, const Kernels& kernels,
              ThreadPool& pool);

  std::int64_t rows() const override { return rows_; }
  std::int64_t cols() const override { return cols_; }
  FormatId format() const override { return format_; }
  std::size_t bytes() const override { return data_.bytes(); }
  std::span<const std::int32_t> column_order() const { return column_order_; }
  Activations activations() const { return activations_; }
  std::int64_t panels() const { return (rows_ + panel_rows - 1) / panel_rows; }

  // acc [tokens, 32] = the products of a panel's rows with x [tokens, cols], each summed over the
  // columns in order, times the scale of the weight. Inputs stand in column_order().
  void multiply(std::int64_t panel, const float* x, std::int64_t tokens, float* acc,
                Scratch& scratch) const;
  // One row as floats, out [cols], inputs in order.
  void decode_row(std::int64_t row, float* out) const;

  // Bytes of the panels of a matrix with elements of this size.
  static std::size_t expanded_bytes(std::int64_t rows, std::int64_t cols,
                                    std::size_t element_bytes);
  // Bytes an element keeps in a panel without loss: 2 or 4; 0 when the format has to be decoded.
  static std::size_t native_element_bytes(FormatId format);

 private:
  void decode_stored_row(std::int64_t row, float* out) const;
  void fill_panel(const backend::WeightSource& source, std::int64_t panel);
  void decode_block(std::int64_t panel, std::int64_t first_col, std::int64_t n_cols,
                    Scratch& scratch) const;

  std::int64_t rows_ = 0, cols_ = 0;
  FormatId format_{};
  std::size_t element_bytes_ = 0;  // of a panel; 0: stored layout
  std::size_t row_bytes_ = 0;      // of the stored layout
  float scale_ = 1;
  std::vector<std::int32_t> column_order_;
  Activations activations_ = Activations::floats;
  Multiply multiply_ = nullptr;
  AlignedArray<std::byte> data_;
};

}  // namespace nybble::cpu
