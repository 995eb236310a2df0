// Writers of checkpoints: a target takes a model's tensors one after the other and writes files
// other programs load.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "files/gguf.h"

namespace nybble::exports {

struct ExportPlan {
  std::filesystem::path path;
  bool replace = false;
  files::Metadata metadata;  // key-values, for containers that have them
  std::map<std::string, std::string, std::less<>>
      texts;                               // config.json, tokenizer.json ..., for directories
  std::vector<files::TensorPlan> tensors;  // in the order in which they will be written
  std::uint64_t max_shard_bytes = 0;       // 0: the container's default
  // File of each tensor, from 0 and ascending, instead of a largest size; empty: by size.
  std::vector<std::size_t> shards;
};

// Streams: one tensor in memory at a time. The output appears when finish() returns; a destroyed
// writer leaves nothing.
class Export {
 public:
  virtual ~Export() = default;
  virtual void write(std::span<const std::byte> bytes) = 0;
  // Other values of the metadata's keys, of the same length, once the tensors are written.
  virtual void replace_metadata(const files::Metadata& metadata) = 0;
  // One more text of a directory; containers of one file have no place for it.
  virtual void add_text(std::string_view name, std::string_view text) {
    static_cast<void>(name), static_cast<void>(text);
  }
  // Returns what other verbs open: the file, of a split GGUF the first one, or the directory.
  virtual std::filesystem::path finish() = 0;
};

// begin() makes the temporary output at once and throws as AtomicFile does, e.g. when the disk has
// too little room.
struct ExportKind {
  std::string_view name;  // "gguf", "safetensors"
  bool (*accepts)(FormatId format);
  std::unique_ptr<Export> (*begin)(const ExportPlan& plan);
};

std::span<const ExportKind> all();
// Throws Error(invalid_input) naming the known ones.
const ExportKind& find(std::string_view name);

}  // namespace nybble::exports
