// Changes key-values of a file that is there, and nothing else of it.
#pragma once

#include <filesystem>
#include <string>

namespace nybble::files {

// Sets a string in the metadata of a model: of a GGUF (the first file of a split one), or of the
// safetensors file that holds the first tensors. The file is written anew beside the old one and
// takes its place when it is whole. Throws Error.
void set_metadata_text(const std::filesystem::path& model, const std::string& key,
                       const std::string& text);

}  // namespace nybble::files
