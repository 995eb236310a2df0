// Any bytes are JSON or an Error; what was parsed can be written and parsed again to the same.
#include <cstdlib>

#include "base/json.h"
#include "nybble/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const nybble::Json value = nybble::parse_json(text, "fuzz.json");
    if (nybble::parse_json(value.dump(), "again") != value) std::abort();
    if (nybble::parse_ordered_json(text, "fuzz.json").size() != value.size()) std::abort();
  } catch (const nybble::Error&) {
  }
  return 0;
}
