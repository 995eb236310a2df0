#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/bytes_text.h"
#include "base/error.h"

namespace nybble {
namespace {

// An open regular file. Devices and pipes are refused, since they may never end.
class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path) {
    // Opening a pipe for reading would wait for a writer without O_NONBLOCK.
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor_ < 0) {
      fail(ErrorKind::io, "{}: cannot be opened for reading: {}", path.string(),
           std::strerror(errno));
    }
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) {
      const int reason = errno;
      ::close(descriptor_);
      fail(ErrorKind::io, "{}: cannot be examined: {}", path.string(), std::strerror(reason));
    }
    if (!S_ISREG(status.st_mode)) {
      ::close(descriptor_);
      fail(ErrorKind::io, "{}: expected a file, found {}", path.string(),
           S_ISDIR(status.st_mode) ? "a directory" : "a device or pipe");
    }
    size_ = static_cast<std::size_t>(status.st_size);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { ::close(descriptor_); }

  int descriptor() const { return descriptor_; }
  std::size_t size() const { return size_; }

 private:
  int descriptor_ = -1;
  std::size_t size_ = 0;
};

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  const OpenFile file(path);
  if (file.size() == 0) return;  // mmap refuses empty files
  void* start = ::mmap(nullptr, file.size(), PROT_READ, MAP_SHARED, file.descriptor(), 0);
  if (start == MAP_FAILED) {
    fail(errno == ENOMEM ? ErrorKind::out_of_memory : ErrorKind::io,
         "{}: its {} cannot be mapped into memory: {}", path.string(), bytes_text(file.size()),
         std::strerror(errno));
  }
  bytes_ = {static_cast<const std::byte*>(start), file.size()};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void forget_pages(std::span<const std::byte> bytes) {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  // A page that neighbours share goes too: it comes back when they need it.
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data()) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(bytes.data()) + bytes.size();
  if (!bytes.empty()) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

std::string read_text_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const OpenFile file(path);
  if (file.size() > max_bytes) {
    fail(ErrorKind::corrupt_file, "{}: expected at most {}, found {}", path.string(),
         bytes_text(max_bytes), bytes_text(file.size()));
  }
  std::string text(file.size(), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = ::read(file.descriptor(), text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      fail(ErrorKind::io, "{}: cannot be read: {}", path.string(), std::strerror(errno));
    }
    if (got == 0) break;  // the file became shorter meanwhile
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
  return text;
}

}  // namespace nybble
