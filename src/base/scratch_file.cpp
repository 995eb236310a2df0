#include "base/scratch_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/bytes_text.h"
#include "base/error.h"

namespace nybble {

ScratchFile::ScratchFile(const std::filesystem::path& folder, std::uint64_t size)
    : folder_(folder.empty() ? "." : folder) {
  std::string name = (folder_ / ".nybble-scratch-XXXXXX").string();
  descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) fail_io("made");
  ::unlink(name.c_str());
  if (::fallocate(descriptor_, 0, 0, static_cast<off_t>(size)) == 0 || errno != ENOSPC) return;
  ::close(descriptor_);
  fail(ErrorKind::io, "{}: a temporary file needs {}, the disk has too little free; make room",
       folder_.string(), bytes_text(size));
}

ScratchFile::~ScratchFile() {
  ::close(descriptor_);
}

void ScratchFile::fail_io(const char* what) const {
  fail(ErrorKind::io, "{}: a temporary file cannot be {}: {}", folder_.string(), what,
       std::strerror(errno));
}

void ScratchFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail_io("written");
    offset += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

void ScratchFile::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail_io("read");
    offset += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

}  // namespace nybble
