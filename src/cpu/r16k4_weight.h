// A weight of small integer codes on the CPU. Its rows stand 16 side by side, their codes in planes
// of bits: one vector of 64 bytes holds four consecutive columns of each (layout R16K4).
#pragma once

#include <optional>

#include "base/thread_pool.h"
#include "cpu/cpu_weight.h"
#include "cpu/run_scales.h"
#include "cpu/stored_rows.h"

namespace nybble::cpu {

// For 16 rows and each 32 columns a plane of b bits takes 64 b bytes; the planes are of 8, 4, 2 and
// 1 bits, highest first, which together make a code. Scales stand apart (run_scales.h). Takes A8-32
// tiles. Rows may stay as they are stored and become codes whenever they are multiplied: slower,
// less memory for a lattice, the same bits.
class R16k4Weight final : public CpuWeight {
 public:
  // Throws Error(out_of_memory). run_format() knows the format.
  R16k4Weight(const backend::WeightSource& source, KeepRows keep, const Kernels& kernels,
              LargePages& pages, ThreadPool& pool);
  // Memory that rows of a lattice take as codes.
  static std::size_t lattice_bytes(std::int64_t rows, std::int64_t cols, int group_len);
  // bytes() of a weight before there is one, without rows that stay.
  static std::size_t bytes_of(FormatId format, std::int64_t rows, std::int64_t cols);

  std::size_t bytes() const override {
    return codes_.bytes() + (scales_ ? scales_->bytes() : 0) + stored_rows_.bytes();
  }
  int input_group_len() const override { return format_.input_group_len; }
  void multiply(std::int64_t panel, const Inputs& inputs, float* acc,
                Scratch& scratch) const override;

 private:
  void decode_stored_row(std::int64_t row, float* out) const override;
  void fill_rows(const backend::WeightSource& source, std::int64_t sixteen);
  // The blocks [first_block, first_block + blocks) of a panel for a product: stored rows as bytes
  // and floats, codes as bytes, scales as floats. In memory for 4 chunks of each.
  void take_stored(std::int64_t panel, A8Product& product, AlignedArray<std::uint8_t>& memory,
                   float* scales) const;
  void unpack_codes(A8Product& product, AlignedArray<std::uint8_t>& memory) const;
  void expand_scales(std::int64_t panel, A8Product& product, float* scales) const;
  A8Scales float_scales(const float* scales, std::int64_t n) const;

  const RunFormat& format_;
  const Int8Kernels& kernels_;
  std::int64_t blocks_;      // of 32 columns
  std::int64_t code_bytes_;  // of 16 rows
  AlignedArray<std::uint8_t> codes_;
  std::optional<RunScales16> scales_;  // none while rows are as stored
  StoredRows stored_rows_;
};

}  // namespace nybble::cpu
