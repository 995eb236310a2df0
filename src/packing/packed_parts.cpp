#include "packing/packed_parts.h"

namespace nybble::packing {

PackedParts::PackedParts(std::span<const files::TensorPlan> plans) {
  for (const files::TensorPlan& plan : plans) {
    bytes_.emplace_back(static_cast<std::size_t>(plan.shape.rows()) *
                        row_bytes(plan.format, plan.shape.cols()));
  }
}

void PackedParts::give(const Target::Take& take) const {
  for (const std::vector<std::byte>& part : bytes_) take(part);
}

}  // namespace nybble::packing
