#include "tensor/shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace nybble {

std::int64_t Shape::rows() const {
  std::int64_t rows = 1;
  for (std::size_t i = 0; i + 1 < dims_.size(); ++i) rows *= dims_[i];
  return rows;
}

std::string Shape::to_string() const {
  return fmt::format("[{}]", fmt::join(dims_, ", "));
}

}  // namespace nybble
