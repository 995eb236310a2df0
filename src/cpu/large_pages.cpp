#include "cpu/large_pages.h"

#include <sys/mman.h>

#include <cstdlib>
#include <string_view>

#include "base/error.h"

namespace nybble::cpu {
namespace {

constexpr std::size_t page = std::size_t{2} << 20, slab_bytes = 16 * page, alignment = 64;

bool wants_large_pages() {
  const char* variable = std::getenv("NYBBLE_LARGE_PAGES");
  return variable == nullptr || std::string_view(variable) != "0";
}

std::shared_ptr<std::byte> allocate(std::size_t bytes, const char* what) {
  static const bool large = wants_large_pages();
  const std::size_t rounded = (bytes + page - 1) / page * page;
  std::shared_ptr<std::byte> memory(static_cast<std::byte*>(std::aligned_alloc(page, rounded)),
                                    std::free);
  if (memory == nullptr) fail_for_memory(what, bytes);
  // Advice: a system without such pages goes on with its own.
  if (large) ::madvise(memory.get(), bytes / page * page, MADV_HUGEPAGE);
  return memory;
}

}  // namespace

void fail_for_memory(const char* what, std::size_t bytes) {
  fail(ErrorKind::out_of_memory,
       "no memory for {}: {} MiB needed; free some memory or take a smaller model", what,
       bytes >> 20);
}

std::shared_ptr<std::byte> LargePages::take(std::size_t bytes, const char* what) {
  const std::size_t size = (bytes + alignment - 1) / alignment * alignment;
  if (size >= slab_bytes) return allocate(size, what);
  if (slab_.use_count() == 1) used_ = 0;  // all its parts are gone
  if (slab_ == nullptr || used_ + size > slab_bytes) {
    slab_ = allocate(slab_bytes, what);
    used_ = 0;
  }
  const std::shared_ptr<std::byte> part(slab_, slab_.get() + used_);
  used_ += size;
  return part;
}

}  // namespace nybble::cpu
