// A checkpoint as it lies on disk: tensors by name, and the texts and key-values beside them.
// Containers are told apart here and nowhere else.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "files/metadata.h"
#include "tensor/tensor.h"

namespace nybble::files {

struct NamedTensor {
  std::string name;
  TensorView data;
  std::string file;          // file name of the shard that holds it
  std::uint64_t offset = 0;  // of the data in that file
};

// Owns the mapped files; every view is valid as long as it lives.
struct Checkpoint {
  std::filesystem::path path;
  std::string container;             // "gguf" or "safetensors"
  int container_version = 0;         // of GGUF
  std::vector<NamedTensor> tensors;  // in the order of the files
  std::uint64_t file_bytes = 0;      // of all weight files together
  int n_files = 1;

  Metadata metadata;  // GGUF key-values; of safetensors: the string pairs of __metadata__
  // Texts beside a safetensors model: config.json, generation_config.json, tokenizer.json,
  // tokenizer_config.json, special_tokens_map.json, chat_template.jinja ... by file name.
  // tokenizer.model is binary. Empty for GGUF.
  std::map<std::string, std::string, std::less<>> texts;

  // What the user says of the checkpoint where it does not speak for itself: the
  // checkpoint_format of GPTQ. Empty: nothing.
  std::string assumed;

  std::vector<std::shared_ptr<const void>> owners;  // the mappings

  const NamedTensor* find(std::string_view name) const;
  // Throws Error(corrupt_file) "<path>: no tensor '<name>'".
  const NamedTensor& get(std::string_view name) const;
};

// Opens a GGUF file, a split one by any of its shards or by the name it had before it was split, a
// .safetensors file, its index, or a directory that holds either. Reads headers only; data stay
// mapped. Throws Error with the file, what was expected and what was found.
Checkpoint open_checkpoint(const std::filesystem::path& path);

}  // namespace nybble::files
