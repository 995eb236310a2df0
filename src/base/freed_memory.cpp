#include "base/freed_memory.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace nybble {

#ifdef __GLIBC__
namespace {

// The defaults of mallopt(3).
constexpr int default_blocks_of_their_own = 65536, default_kept_bytes = 128 * 1024,
              default_large_bytes = 128 * 1024;

}  // namespace

KeepFreedMemory::KeepFreedMemory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);  // never
}

KeepFreedMemory::~KeepFreedMemory() {
  mallopt(M_MMAP_MAX, default_blocks_of_their_own);
  mallopt(M_TRIM_THRESHOLD, default_kept_bytes);
  malloc_trim(0);
}

void return_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, default_large_bytes);  // else it grows with every block freed
  malloc_trim(0);
}
#else
KeepFreedMemory::KeepFreedMemory() = default;
KeepFreedMemory::~KeepFreedMemory() = default;
void return_freed_memory() {}
#endif

}  // namespace nybble
