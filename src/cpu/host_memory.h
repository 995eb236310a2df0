// How much memory the machine can still give.
#pragma once

#include <cstddef>

namespace nybble::cpu {

// The smaller of what the kernel calls available and what the control group leaves; a huge number
// where neither is known.
std::size_t available_host_memory();

// What this process may allocate in addition to what it holds, so that it holds max_bytes at most
// (0: no limit) and the machine has it.
std::size_t allowed_host_memory(std::size_t max_bytes);

// What so many threads (0: one per core) take for their stacks and the buffers of OpenBLAS.
std::size_t thread_bytes(int threads);

}  // namespace nybble::cpu
