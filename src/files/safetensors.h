// Safetensors: read and written, sharded with an index. Format page: docs/formats/safetensors.md
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "files/checkpoint.h"
#include "files/gguf.h"
#include "files/output_directory.h"
#include "files/placed_writer.h"
#include "files/safetensors_layout.h"

namespace nybble::files {

// One file, parsed from bytes that may be hostile. Views point into `bytes`. Throws
// Error(corrupt_file).
struct SafetensorsFile {
  std::vector<NamedTensor> tensors;  // in the order of their data
  std::map<std::string, std::string> metadata;
};
SafetensorsFile parse_safetensors(std::span<const std::byte> bytes, const std::string& where);

// Opens a directory or file in the layout of Hugging Face, with the texts beside it.
Checkpoint open_safetensors(const std::filesystem::path& path);

// One file of all these tensors, for a PlacedWriter. Throws Error(invalid_input) for names that
// cannot stand there or stand twice, Error(unsupported) for types.
Placement place_safetensors(const std::filesystem::path& file,
                            const std::map<std::string, std::string>& metadata,
                            const std::vector<TensorPlan>& tensors);
// model.safetensors in a directory, or its shards.
Placement place_safetensors_shards(const std::filesystem::path& directory,
                                   const std::map<std::string, std::string>& metadata,
                                   const std::vector<TensorPlan>& tensors,
                                   std::uint64_t max_shard_bytes);

// Writes model.safetensors into a directory, or shards of at most max_shard_bytes of tensors with
// model.safetensors.index.json. All files appear when finish() returns; a directory made for them
// goes again when it does not.
class SafetensorsWriter {
 public:
  // Throws Error(invalid_input) when the directory holds a model and !replace. With replace,
  // finish() removes what was left of that model: its weights and index, and the texts of
  // open_safetensors() that are not written anew.
  SafetensorsWriter(const std::filesystem::path& directory, bool replace,
                    const std::map<std::string, std::string>& metadata,
                    const std::vector<TensorPlan>& tensors,
                    std::uint64_t max_shard_bytes = safetensors_default_shard);
  // A text beside the weights, e.g. "config.json" or "chat_templates/rag.jinja".
  void add_text(std::string_view name, std::string_view text);
  // Bytes of the next tensor in the order of the plan, in pieces of any size.
  void write(std::span<const std::byte> bytes);
  // Other values of the same keys and the same length, before finish(). Throws Error(invalid_input)
  // when the header would grow or shrink.
  void replace_metadata(const std::map<std::string, std::string>& metadata);
  void finish();

 private:
  void remove_old_model();

  OutputDirectory directory_;  // outlives the files in it
  std::deque<OutputDirectory> subfolders_;
  std::function<Placement(const std::map<std::string, std::string>&)> place_;
  PlacedWriter writer_;
  bool replace_ = false;
  std::set<std::string, std::less<>> written_;
};

}  // namespace nybble::files
