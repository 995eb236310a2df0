#include "base/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace nybble {

FolderLock::FolderLock(const std::filesystem::path& folder)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0) {
    fail(ErrorKind::io, "{}: cannot be opened as a folder: {}", folder.string(),
         std::strerror(errno));
  }
  // Some file systems know no locks: then none it is.
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor_);
    fail(ErrorKind::invalid_input, "{}: another process works there; wait until it is done",
         folder.string());
  }
}

FolderLock::~FolderLock() {
  ::close(descriptor_);
}

}  // namespace nybble
