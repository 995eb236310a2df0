// One process at a time in a folder.
#pragma once

#include <filesystem>

namespace nybble {

class FolderLock {
 public:
  // Throws Error(io) when there is no such folder, Error(invalid_input) when another process has
  // the lock. It ends with the process, however that ends.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int descriptor_ = -1;
};

}  // namespace nybble
