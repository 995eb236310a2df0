#include "packing/group_size.h"

#include <cmath>

#include "base/error.h"

namespace nybble::packing {

std::int64_t read_group_size(const files::HfConfig& config, double otherwise) {
  const double size = config.number("group_size", otherwise);
  if (size == -1) return -1;
  if (size < 1 || size != std::floor(size) || size > 1e9) {
    fail(ErrorKind::corrupt_file, "{}: group_size is {}, expected a whole number or -1",
         config.where(), size);
  }
  return static_cast<std::int64_t>(size);
}

}  // namespace nybble::packing
