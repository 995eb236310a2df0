#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "base/bytes_text.h"
#include "base/error.h"

namespace nybble {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

fs::path temporary_name(const fs::path& path, int attempt) {
  // File names end at 255 bytes; the marks around the name need some of them.
  const std::string name = path.filename().string().substr(0, 200);
  std::string temporary = fmt::format(".{}.partial-{}", name, ::getpid());
  if (attempt > 0) temporary += fmt::format("-{}", attempt);
  return folder_of(path) / temporary;
}

// Some file systems do not synchronize folders; the file itself is safe by then.
void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

std::string free_space_text(const fs::path& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  return error ? "an unknown amount" : bytes_text(space.available);
}

}  // namespace

void refuse_existing(const fs::path& path) {
  std::error_code error;
  // Not by status(), which sees no link that leads nowhere.
  if (!fs::exists(fs::symlink_status(path, error))) return;
  fail(ErrorKind::invalid_input,
       "{}: exists already; choose another name, or allow it to be replaced (--force)",
       path.string());
}

AtomicFile::AtomicFile(fs::path path, bool replace) : path_(std::move(path)), replace_(replace) {
  if (!path_.has_filename()) {
    fail(ErrorKind::invalid_input, "'{}': expected the name of a file to write", path_.string());
  }
  std::error_code error;
  const fs::file_status status = fs::status(path_, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    fail(ErrorKind::invalid_input, "{}: cannot be replaced by a file: it is {}", path_.string(),
         fs::is_directory(status) ? "a directory" : "a device or pipe");
  }
  if (!replace_) refuse_existing(path_);
  for (int attempt = 0;; ++attempt) {
    temporary_ = temporary_name(path_, attempt);
    descriptor_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ >= 0) return;
    if (errno != EEXIST || attempt == 1000) break;
  }
  const int reason = errno;
  fail(ErrorKind::io, "{}: cannot be written: no file can be made in {}: {}", path_.string(),
       folder_of(path_).string(), std::strerror(reason));
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)),
      replace_(other.replace_),
      exchanged_(other.exchanged_),
      placed_(other.placed_),
      size_(other.size_) {}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!placed_ && !temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::reserve(std::uint64_t bytes) {
  if (bytes == 0) return;
  std::error_code error;
  const fs::space_info space = fs::space(folder_of(path_), error);
  bool is_full = !error && space.available < bytes;
  while (!is_full) {
    // Not posix_fallocate: where the file system cannot reserve, that writes every block.
    const int result = ::fallocate(descriptor_, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes));
    if (result == 0 || errno != EINTR) {
      is_full = result != 0 && (errno == ENOSPC || errno == EDQUOT);
      break;
    }
  }
  if (is_full) {
    fail(ErrorKind::io, "{}: needs {}, the disk has {} free; make room or write elsewhere",
         path_.string(), bytes_text(bytes), free_space_text(folder_of(path_)));
  }
}

void AtomicFile::fail_write(int reason) const {
  if (reason == ENOSPC || reason == EDQUOT) {
    fail(ErrorKind::io, "{}: the disk is full after {}, with {} free; make room or write elsewhere",
         path_.string(), bytes_text(size_), free_space_text(folder_of(path_)));
  }
  if (reason == EFBIG) {
    fail(ErrorKind::io,
         "{}: the file size limit of this process or file system is reached after {}",
         path_.string(), bytes_text(size_));
  }
  fail(ErrorKind::io, "{}: cannot be written after {}: {}", path_.string(), bytes_text(size_),
       std::strerror(reason));
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  write_at(size_, bytes);
}

void AtomicFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_write(errno);
    offset += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    if (offset > size_) size_ = offset;
  }
}

void AtomicFile::close() {
  if (descriptor_ < 0) return;
  // Network file systems report a full disk only now.
  const int synced = ::fsync(descriptor_);
  const int reason = errno;
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (synced != 0) fail_write(reason);
  if (closed != 0 && errno != EINTR) fail_write(errno);
}

void AtomicFile::commit() {
  AtomicFile* self = this;
  commit_together({&self, 1});
}

void AtomicFile::put_in_place() {
  const auto rename_with = [this](unsigned flags) {
    return ::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), flags) == 0;
  };
  std::error_code ignored;
  // Exchanging keeps the old file at hand until all new ones are in place.
  if (replace_ && rename_with(RENAME_EXCHANGE)) {
    exchanged_ = true;
  } else if (rename_with(RENAME_NOREPLACE)) {
    // Done; fails with EEXIST when another program made the file meanwhile.
  } else if (!replace_ && (errno == EEXIST || fs::exists(path_, ignored))) {
    fail(ErrorKind::invalid_input,
         "{}: another program made it meanwhile; choose another name, or allow it to be "
         "replaced (--force)",
         path_.string());
  } else if (!rename_with(0)) {
    fail(ErrorKind::io, "{}: cannot be put in place: {}", path_.string(), std::strerror(errno));
  }
  placed_ = true;
}

void AtomicFile::take_back() noexcept {
  if (!placed_) return;
  if (exchanged_) {
    ::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE);
    ::unlink(temporary_.c_str());
  } else {
    ::unlink(path_.c_str());
  }
}

void AtomicFile::forget_old() noexcept {
  if (exchanged_) ::unlink(temporary_.c_str());
}

void commit_together(std::span<AtomicFile* const> files) {
  for (AtomicFile* file : files) file->close();
  try {
    for (AtomicFile* file : files) file->put_in_place();
  } catch (...) {
    for (AtomicFile* file : files) file->take_back();
    throw;
  }
  for (AtomicFile* file : files) file->forget_old();
  if (!files.empty()) sync_folder(folder_of(files.front()->path_));
}

void refuse_same_file(const fs::path& input, const fs::path& output) {
  std::error_code error;
  if (!fs::exists(output, error) || !fs::equivalent(input, output, error)) return;
  fail(ErrorKind::invalid_input, "{}: is the input itself; choose another name for the output",
       output.string());
}

}  // namespace nybble
