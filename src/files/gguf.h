// GGUF: read versions 1 to 3 (little and big endian headers are told apart; big endian is refused
// with a sentence), write version 3. Format page: docs/formats/gguf.md
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "files/checkpoint.h"
#include "files/placed_writer.h"

namespace nybble::files {

// One file of a GGUF, parsed from bytes that may be hostile. Views point into `bytes`.
// Throws Error(corrupt_file) "<where>: ...".
struct GgufFile {
  int version = 0;
  Metadata metadata;
  std::vector<NamedTensor> tensors;
  std::uint64_t alignment = 32;
};
GgufFile parse_gguf(std::span<const std::byte> bytes, const std::string& where);

// Opens a GGUF, all of its shards when it is split (name-00001-of-00003.gguf).
Checkpoint open_gguf(const std::filesystem::path& path);

// What the header of a GGUF says of a tensor before its data come.
struct TensorPlan {
  std::string name;
  FormatId format{};
  Shape shape;
};

// Size of the one file that a GgufWriter makes of these. Throws as it does.
std::uint64_t gguf_file_bytes(const Metadata& metadata, const std::vector<TensorPlan>& tensors);
// Tensors begin at multiples of this. Throws Error(invalid_input) when the metadata ask for what
// GGUF does not allow.
std::uint64_t gguf_alignment(const Metadata& metadata);

// Writes GGUF v3: header first, then the tensors in the planned order, each given in pieces.
// The file appears under its name only when finish() returns.
class GgufWriter {
 public:
  // With max_shard_bytes > 0, a model whose tensors take more is split as llama.cpp does:
  // `name.gguf` becomes name-00001-of-00003.gguf ..., each with at most that many bytes of tensors
  // (a larger tensor stands alone). `shards` gives the file of each tensor instead, from 0 and
  // ascending. Throws Error(invalid_input) for a plan that contradicts itself, Error(unsupported)
  // for one that GGUF cannot hold.
  GgufWriter(const std::filesystem::path& path, bool replace, const Metadata& metadata,
             const std::vector<TensorPlan>& tensors, std::uint64_t max_shard_bytes = 0,
             const std::vector<std::size_t>& shards = {});
  // Bytes of the next tensor in the order of the plan, in pieces of any size.
  void write(std::span<const std::byte> bytes) { writer_.write(bytes); }
  // Other values of the same keys and the same length, before finish(). Throws Error(invalid_input)
  // when the header would grow or shrink.
  void replace_metadata(const Metadata& metadata) { writer_.replace_headers(place_(metadata)); }
  // Returns the path of the file, of a split model the first one. Throws Error(invalid_input) when
  // bytes of a tensor are missing.
  std::filesystem::path finish() {
    writer_.finish();
    return writer_.path_of(0);
  }

 private:
  std::function<Placement(const Metadata&)> place_;
  PlacedWriter writer_;
};

}  // namespace nybble::files
