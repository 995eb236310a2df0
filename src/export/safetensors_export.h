// A directory in the layout of Hugging Face: safetensors and the texts. Key-values are left out:
// config.json and the texts of the tokenizer say it there.
#pragma once

#include "export/export.h"

namespace nybble::exports {

extern const ExportKind safetensors_export;

}  // namespace nybble::exports
