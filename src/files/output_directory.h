// A directory for output: what had to be made for it is removed again unless the output was
// completed.
#pragma once

#include <filesystem>
#include <vector>

namespace nybble::files {

class OutputDirectory {
 public:
  // Makes the directory and its parents where they are missing. Throws Error(io), or
  // Error(invalid_input) when the path is something else.
  explicit OutputDirectory(std::filesystem::path path);
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;
  // Removes the directories it made as far as they are empty, unless keep() was called.
  ~OutputDirectory();

  const std::filesystem::path& path() const { return path_; }
  void keep() { made_.clear(); }

 private:
  void remove_made() noexcept;

  std::filesystem::path path_;
  std::vector<std::filesystem::path> made_;  // outermost first
};

}  // namespace nybble::files
