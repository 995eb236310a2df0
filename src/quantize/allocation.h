// Which format each tensor gets when only the size of the whole is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/registry.h"

namespace nybble::quantize {

// What a tensor would take and lose in one format. Losses of all tensors are in one unit, so that
// they add up (Malinovskii et al., arXiv 2411.17525: the divergence is linear in small errors).
struct FormatOption {
  FormatId format{};
  std::uint64_t bytes = 0;
  double loss = 0;
};

// The option of each tensor: the sum of losses is small, the sum of bytes at most budget. Steps
// along each tensor's lower convex hull, the steepest first, as long as they fit: no choice of the
// same size loses less, but for what the last steps leave unused. Every tensor takes its smallest
// option when the budget is less than those.
std::vector<std::size_t> allocate(std::span<const std::vector<FormatOption>> tensors,
                                  std::uint64_t budget);

}  // namespace nybble::quantize
