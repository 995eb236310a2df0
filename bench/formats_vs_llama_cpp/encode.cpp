// The encoders behind a C function, for compare.py.
#include <cstddef>

#include "formats/registry.h"

// Encodes n blocks of x; importance may be null. Returns 0, or 1 when there is no such encoder.
extern "C" int nybble_encode(const char* format, const float* x, const float* importance,
                             std::size_t n, void* blocks) {
  const auto id = nybble::formats::find_by_name(format);
  if (!id || nybble::formats::info(*id).encode == nullptr) return 1;
  nybble::formats::info(*id).encode(x, importance, n, static_cast<std::byte*>(blocks));
  return 0;
}
