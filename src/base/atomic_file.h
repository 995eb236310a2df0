// Writing a file that appears whole or not at all: temporary name beside it, fsync, rename.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace nybble {

// The temporary file is removed unless commit() was called.
class AtomicFile {
 public:
  // Throws Error(io) when the folder cannot be written, Error(invalid_input) when the path exists and !replace.
  AtomicFile(std::filesystem::path path, bool replace);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  // Throws Error(io), e.g. "model.gguf: the disk is full after 1.2 GB; expected room for ...".
  void write(std::span<const std::byte> bytes);
  // Overwrites bytes written before, e.g. a header whose content is known last.
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  std::uint64_t size() const { return size_; }
  // fsync and rename; afterwards the file stands under its name.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace nybble
