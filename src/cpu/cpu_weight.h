// A weight in a run layout of the CPU. 32 rows, a panel, are multiplied together.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "cpu/aligned_array.h"
#include "cpu/kernels.h"

namespace nybble::cpu {

// What a weight is multiplied with, in the order of its columns: floats [tokens, cols], or A8-32
// tiles for weights that take them.
struct Inputs {
  const float* floats = nullptr;
  const A8Block* a8 = nullptr;
  A8Rounding a8_rounding = A8Rounding::blocks;
  std::int64_t tokens = 0;
};

class CpuWeight : public backend::Weight {
 public:
  // What one thread multiplies in.
  struct Scratch {
    AlignedArray<float> rows, panel, scales;
    AlignedArray<std::uint8_t> codes;
  };

  explicit CpuWeight(const backend::WeightSource& source)
      : rows_(source.rows),
        cols_(source.cols),
        format_(source.format),
        scale_(source.scale),
        column_order_(source.column_order.begin(), source.column_order.end()),
        activations_(source.activations),
        input_scale_(source.input_scale) {}

  std::int64_t rows() const override { return rows_; }
  std::int64_t cols() const override { return cols_; }
  FormatId format() const override { return format_; }
  std::span<const std::int32_t> column_order() const { return column_order_; }
  Activations activations() const { return activations_; }
  float input_scale() const { return input_scale_; }
  std::int64_t panels() const { return (rows_ + panel_rows - 1) / panel_rows; }

  // Columns of inputs that share a scale, 16 or 32; 0: it takes floats.
  virtual int input_group_len() const = 0;
  bool takes_a8() const { return input_group_len() > 0; }
  // acc [tokens, 32] = the products of a panel's rows with the inputs, each summed over the columns
  // in order, times the scale of the weight.
  virtual void multiply(std::int64_t panel, const Inputs& inputs, float* acc,
                        Scratch& scratch) const = 0;
  // One row as floats, out [cols], inputs in order.
  void decode_row(std::int64_t row, float* out) const;

 protected:
  // Without scale() and in the order of columns.
  virtual void decode_stored_row(std::int64_t row, float* out) const = 0;
  void apply_scale(std::int64_t n, float* values) const;

 private:
  std::int64_t rows_, cols_;
  FormatId format_;
  float scale_;
  std::vector<std::int32_t> column_order_;
  Activations activations_;
  float input_scale_;
};

}  // namespace nybble::cpu
