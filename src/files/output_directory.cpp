#include "files/output_directory.h"

#include <system_error>
#include <utility>

#include "base/error.h"

namespace nybble::files {

namespace fs = std::filesystem;

OutputDirectory::OutputDirectory(fs::path path) : path_(std::move(path)) {
  // "out/" names the directory "out".
  if (!path_.has_filename() && path_.has_parent_path()) path_ = path_.parent_path();
  std::error_code error;
  std::vector<fs::path> missing;
  for (fs::path at = path_; !at.empty() && !fs::exists(fs::symlink_status(at, error));
       at = at.parent_path()) {
    missing.insert(missing.begin(), at);
  }
  for (const fs::path& directory : missing) {
    if (fs::create_directory(directory, error)) {
      made_.push_back(directory);
    } else if (error) {
      const std::string reason = error.message();
      remove_made();
      fail(ErrorKind::io, "{}: cannot be made: {}", directory.string(), reason);
    }
  }
  if (!fs::is_directory(path_, error)) {
    fail(ErrorKind::invalid_input, "{}: expected a directory to write to, found something else",
         path_.string());
  }
}

OutputDirectory::~OutputDirectory() {
  remove_made();
}

void OutputDirectory::remove_made() noexcept {
  std::error_code ignored;
  for (; !made_.empty(); made_.pop_back()) fs::remove(made_.back(), ignored);
}

}  // namespace nybble::files
