// One GGUF file, or its shards. Texts are left out: what they say stands in the key-values.
#pragma once

#include "export/export.h"

namespace nybble::exports {

extern const ExportKind gguf_export;

}  // namespace nybble::exports
