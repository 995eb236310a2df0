// A file without a name, for what memory has no room for. It goes with the process, however that
// ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace nybble {

class ScratchFile {
 public:
  // Throws Error(io) when nothing can be made in the folder (empty: the current one), or when the
  // disk has no room for this size.
  ScratchFile(const std::filesystem::path& folder, std::uint64_t size);
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  ~ScratchFile();

  // Throw Error(io).
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  void read_at(std::uint64_t offset, std::span<std::byte> bytes) const;

 private:
  [[noreturn]] void fail_io(const char* what) const;

  std::filesystem::path folder_;
  int descriptor_ = -1;
};

}  // namespace nybble
