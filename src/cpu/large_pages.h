// Memory in pages of 2 MiB where the system has them: weights are read from end to end for every
// token, and looking up a page for each 4 KiB costs a quarter of that (decision 0018).
#pragma once

#include <cstddef>
#include <memory>

namespace nybble::cpu {

// Throws Error(out_of_memory) saying what for.
[[noreturn]] void fail_for_memory(const char* what, std::size_t bytes);

// Hands out parts of slabs, since most weights are smaller than a page. A slab is freed with the
// last of its parts. NYBBLE_LARGE_PAGES=0 takes pages of the usual size.
class LargePages {
 public:
  // Aligned to 64 bytes, not initialized. Throws Error(out_of_memory) saying what for.
  std::shared_ptr<std::byte> take(std::size_t bytes, const char* what);

 private:
  std::shared_ptr<std::byte> slab_;
  std::size_t used_ = 0;
};

}  // namespace nybble::cpu
