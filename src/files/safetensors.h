// Safetensors: read and written, sharded with an index. Format page: docs/formats/safetensors.md
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "files/checkpoint.h"
#include "files/gguf.h"

namespace nybble::files {

// One file, parsed from bytes that may be hostile. Views point into `bytes`. Throws Error(corrupt_file).
struct SafetensorsFile {
  std::vector<NamedTensor> tensors;  // in the order of their data
  std::map<std::string, std::string> metadata;
};
SafetensorsFile parse_safetensors(std::span<const std::byte> bytes, const std::string& where);

// Opens a directory or file in the layout of Hugging Face, with the texts beside it.
Checkpoint open_safetensors(const std::filesystem::path& path);

// Writes model.safetensors into a directory, or shards of at most max_shard_bytes with model.safetensors.index.json.
// All files appear when finish() returns.
class SafetensorsWriter {
 public:
  SafetensorsWriter(const std::filesystem::path& directory, bool replace,
                    const std::map<std::string, std::string>& metadata, std::vector<TensorPlan> tensors,
                    std::uint64_t max_shard_bytes = std::uint64_t{5} << 30);
  ~SafetensorsWriter();
  // Bytes of the next tensor in the order of the plan, in pieces of any size.
  void write(std::span<const std::byte> bytes);
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nybble::files
