// Writes tensors, given one after the other, to their places in one or more files that appear
// together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/atomic_file.h"

namespace nybble::files {

struct PlacedFile {
  std::filesystem::path path;
  std::string header;      // bytes at the start
  std::uint64_t size = 0;  // of the whole file; what no tensor fills is zero
};

struct PlacedTensor {
  std::string name;
  std::size_t file = 0;      // place in the list of files
  std::uint64_t offset = 0;  // in that file
  std::uint64_t size = 0;
};

// Where everything lies, known before the first byte of data comes.
struct Placement {
  std::vector<PlacedFile> files;
  std::vector<PlacedTensor> tensors;  // in the order in which they will be given
};

class PlacedWriter {
 public:
  // Makes the files under temporary names and sets room aside. Throws as AtomicFile does.
  PlacedWriter(Placement placement, bool replace);
  // Bytes of the next tensor, in pieces of any size; one piece may end a tensor and begin the next.
  // Throws Error(invalid_input) after the last tensor.
  void write(std::span<const std::byte> bytes);
  // Writes the headers anew: what they say may be known only when the tensors are written. Throws
  // Error(invalid_input) unless everything stays in its place.
  void replace_headers(const Placement& placement);
  // A further file beside the others, given at once.
  void add_file(const std::filesystem::path& path, std::string_view text);
  // All files stand under their names when it returns, or none. Throws Error(invalid_input) when
  // bytes of a tensor are missing.
  void finish();

  const std::vector<PlacedTensor>& tensors() const { return tensors_; }
  std::size_t n_files() const { return files_.size(); }
  const std::filesystem::path& path_of(std::size_t file) const { return files_[file].path(); }

 private:
  void skip_complete();

  std::vector<PlacedTensor> tensors_;
  std::vector<std::size_t> header_bytes_;  // of each file
  std::deque<AtomicFile> files_;
  bool replace_ = false;
  std::size_t next_tensor_ = 0;
  std::uint64_t done_in_tensor_ = 0;
};

}  // namespace nybble::files
