#include "packing/column_order.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/error.h"

namespace nybble::packing {

std::vector<std::int32_t> column_order_of(const files::NamedTensor& g_idx, std::int64_t group) {
  const auto n = static_cast<std::size_t>(g_idx.data.shape.cols());
  std::vector<std::int32_t> groups(n), order(n);
  std::memcpy(groups.data(), g_idx.data.bytes.data(), n * sizeof(std::int32_t));
  if (std::ranges::all_of(groups, [](std::int32_t g) { return g == -1; })) return {};
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {},
                           [&](std::int32_t c) { return groups[static_cast<std::size_t>(c)]; });
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t found = groups[static_cast<std::size_t>(order[i])],
                       expected = static_cast<std::int64_t>(i) / group;
    if (found != expected) {
      fail(ErrorKind::corrupt_file,
           "tensor '{}' gives column {} the group {}, expected {}: every group has {} columns",
           g_idx.name, order[i], found, expected, group);
    }
  }
  return std::ranges::is_sorted(order) ? std::vector<std::int32_t>() : order;
}

}  // namespace nybble::packing
