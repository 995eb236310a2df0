// The list of exports. A new target is one file and one line here.
#include <array>

#include "base/error.h"
#include "export/export.h"
#include "export/gguf_export.h"
#include "export/safetensors_export.h"

namespace nybble::exports {

std::span<const ExportKind> all() {
  static const std::array kinds = {gguf_export, safetensors_export};
  return kinds;
}

const ExportKind& find(std::string_view name) {
  std::string known;
  for (const ExportKind& kind : all()) {
    if (kind.name == name) return kind;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", kind.name);
  }
  fail(ErrorKind::invalid_input, "there is no export '{}'; known are {}", name, known);
}

}  // namespace nybble::exports
