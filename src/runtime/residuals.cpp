#include "runtime/residuals.h"

#include <algorithm>

namespace nybble::runtime {

Residuals::Residuals(std::size_t n, bool in_memory, const std::filesystem::path& folder) {
  if (in_memory) {
    memory_.resize(n);
  } else {
    file_.emplace(folder, n * sizeof(float));
  }
}

void Residuals::read(std::size_t first, std::span<float> values) const {
  if (file_) {
    file_->read_at(first * sizeof(float), std::as_writable_bytes(values));
  } else {
    std::ranges::copy(std::span(memory_).subspan(first, values.size()), values.begin());
  }
}

void Residuals::write(std::size_t first, std::span<const float> values) {
  if (file_) {
    file_->write_at(first * sizeof(float), std::as_bytes(values));
  } else {
    std::ranges::copy(values, memory_.begin() + static_cast<std::ptrdiff_t>(first));
  }
}

}  // namespace nybble::runtime
