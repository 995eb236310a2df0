// The part g_idx: to which group each column belongs, when groups were formed in another order.
#pragma once

#include <cstdint>
#include <vector>

#include "files/checkpoint.h"

namespace nybble::packing {

// The columns in the order of their groups; empty: they are in order already, or the part says -1
// for all, as it does when no order was chosen. g_idx [cols] is I32. Throws Error(corrupt_file)
// when a group has not its `group` columns.
std::vector<std::int32_t> column_order_of(const files::NamedTensor& g_idx, std::int64_t group);

}  // namespace nybble::packing
