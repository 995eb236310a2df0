// The configuration of a decoder as GGUF keys.
#pragma once

#include <string>
#include <vector>

#include "files/checkpoint.h"
#include "models/architecture.h"

namespace nybble::models {

// Reads the keys and, for flags that GGUF has no keys for, looks which tensors are there.
DecoderConfig read_gguf_config(const files::Checkpoint& checkpoint,
                               const Architecture& architecture);
// The keys that llama.cpp's converter writes, so that llama.cpp loads the file. Adds to notes what
// has no key.
files::Metadata write_gguf_config(const DecoderConfig& config, const std::string& model_name,
                                  std::vector<std::string>& notes);

}  // namespace nybble::models
