// A whole file mapped read-only.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace nybble {

// Owns the mapping; views of bytes() are valid as long as it lives. Movable.
class MappedFile {
 public:
  // Throws Error(io) naming the path and the reason.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
};

// Takes bytes of a MappedFile, and of nothing else, out of memory; they are read anew when they are
// used again.
void forget_pages(std::span<const std::byte> bytes);

// The text of a file of at most max_bytes. Throws Error(io), or Error(corrupt_file) when the file
// is longer.
std::string read_text_file(const std::filesystem::path& path,
                           std::size_t max_bytes = std::size_t{1} << 30);

}  // namespace nybble
