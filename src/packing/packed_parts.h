// The bytes of the parts of a weight while they are written.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "packing/target.h"

namespace nybble::packing {

class PackedParts {
 public:
  // Zeroed.
  explicit PackedParts(std::span<const files::TensorPlan> plans);

  std::span<std::byte> operator[](std::size_t i) { return bytes_[i]; }
  void give(const Target::Take& take) const;

 private:
  std::vector<std::vector<std::byte>> bytes_;
};

}  // namespace nybble::packing
