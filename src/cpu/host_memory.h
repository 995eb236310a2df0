// How much memory the machine can still give.
#pragma once

#include <cstddef>

namespace nybble::cpu {

// The smaller of what the kernel calls available and what the control group leaves; a huge number
// where neither is known.
std::size_t available_host_memory();

}  // namespace nybble::cpu
