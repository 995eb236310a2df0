// A weight of which a checkpoint keeps codes, scales and the rest in tensors apart from each other,
// seen as rows of blocks of one number format.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "files/checkpoint.h"
#include "tensor/activation_kind.h"

namespace nybble::packing {

class PackedWeight {
 public:
  // Fills the blocks [rows, row_bytes(format, cols)] from the parts. Throws Error(corrupt_file).
  using Unpack = std::function<void(std::span<std::byte> blocks)>;

  PackedWeight(FormatId format, Shape shape, std::vector<const files::NamedTensor*> parts,
               Unpack unpack)
      : format_(format),
        shape_(std::move(shape)),
        parts_(std::move(parts)),
        unpack_(std::move(unpack)) {}

  FormatId format() const { return format_; }
  const Shape& shape() const { return shape_; }
  const std::vector<const files::NamedTensor*>& parts() const { return parts_; }
  // One more, of which no value is needed.
  void add_part(const files::NamedTensor& part) { parts_.push_back(&part); }
  // Bytes of all parts in the files.
  std::uint64_t stored_bytes() const;

  // Column c of the blocks is this column of the weight; empty: they are in order.
  std::vector<std::int32_t> column_order;
  // What the values of the blocks are multiplied by.
  float scale = 1;
  // What the checkpoint says of the inputs of the linear.
  Activations activations = Activations::floats;
  float input_scale = 1;  // for Activations::float8_fixed

  // A row of blocks. The first call unpacks the whole weight; any thread may make it.
  std::span<const std::byte> row(std::int64_t i) const;
  // The blocks leave memory until a row is asked for again. No other thread may be reading.
  void forget() const;

 private:
  const FormatId format_;
  const Shape shape_;
  std::vector<const files::NamedTensor*> parts_;
  const Unpack unpack_;
  mutable std::mutex mutex_;
  mutable std::atomic<bool> is_unpacked_{false};
  mutable std::vector<std::byte> blocks_;
};

}  // namespace nybble::packing
