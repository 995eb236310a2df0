#include "api/download.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "api/http.h"
#include "api/sha256.h"
#include "base/error.h"

namespace nybble::api {
namespace fs = std::filesystem;
namespace {

constexpr int max_attempts = 5;

// The unfinished file, locked so that two programs do not write it at once.
class PartialFile {
 public:
  explicit PartialFile(const fs::path& path) : path_(path) {
    descriptor_ = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor_ < 0)
      fail(ErrorKind::io, "{}: cannot be written: {}", path.string(), std::strerror(errno));
    if (flock(descriptor_, LOCK_EX) != 0)
      fail(ErrorKind::io, "{}: cannot be locked: {}", path.string(), std::strerror(errno));
    const off_t end = lseek(descriptor_, 0, SEEK_END);
    size_ = end < 0 ? 0 : static_cast<std::uint64_t>(end);
  }
  ~PartialFile() { close(descriptor_); }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  std::uint64_t size() const { return size_; }

  void begin_again() {
    if (ftruncate(descriptor_, 0) != 0 || lseek(descriptor_, 0, SEEK_SET) < 0) fail_write();
    size_ = 0;
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
      if (n < 0) fail_write();
      size_ += static_cast<std::uint64_t>(n);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  void sync() const {
    if (fsync(descriptor_) != 0) fail_write();
  }

 private:
  [[noreturn]] void fail_write() const {
    fail(ErrorKind::io, "{}: cannot be written after {} bytes: {}; the next pull resumes here",
         path_.string(), size_, std::strerror(errno));
  }

  fs::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

bool is_worth_another_try(long status) {
  return status == 429 || status >= 500;
}

// One attempt: what is missing is appended. False: broken off, worth another try.
bool fetch_rest(const DownloadRequest& request, PartialFile& file,
                const std::function<void(std::uint64_t)>& on_bytes) {
  const std::uint64_t begin = file.size();
  bool is_first = true;
  const auto sink = [&](const HttpResponse& response, std::string_view bytes) {
    // A server without ranges sends everything again.
    if (is_first && response.status == 200 && begin > 0) file.begin_again();
    is_first = false;
    file.write(bytes);
    if (request.size && file.size() > *request.size) {
      fail(ErrorKind::corrupt_file, "{}: longer than the {} bytes announced", request.url,
           *request.size);
    }
    on_bytes(file.size());
  };
  try {
    const HttpResponse response =
        http_get({.url = request.url, .token = request.token, .resume_from = begin}, sink);
    if (response.status == 200 || response.status == 206)
      return !request.size || file.size() == *request.size;
    if (is_worth_another_try(response.status)) return false;
    // The unfinished file is not the beginning of this one.
    if (response.status == 416 && begin > 0) {
      file.begin_again();
      return false;
    }
    fail_for_status(response.status, request.url, origin_of(response.url), !request.token.empty());
  } catch (const Error& error) {
    const bool broke_off = error.kind() == ErrorKind::io && file.size() > begin;
    if (broke_off) return false;  // the line broke; what arrived stays
    throw;
  }
}

void fetch_all(const DownloadRequest& request, PartialFile& file,
               const std::function<void(std::uint64_t)>& on_bytes) {
  if (!request.can_resume || (request.size && file.size() > *request.size)) file.begin_again();
  on_bytes(file.size());
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    if (request.size && file.size() == *request.size) return;
    if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(250 << attempt));
    if (fetch_rest(request, file, on_bytes)) return;
  }
  fail(ErrorKind::io, "{}: broke off after {} bytes, {} times; run it again to resume", request.url,
       file.size(), max_attempts);
}

}  // namespace

std::uint64_t download(const DownloadRequest& request,
                       const std::function<void(std::uint64_t)>& on_bytes) {
  const fs::path partial = request.path.string() + ".incomplete";
  std::uint64_t found = 0;
  std::uint64_t size = 0;
  {
    PartialFile file(partial);
    found = request.can_resume ? file.size() : 0;
    std::error_code ignored;
    if (fs::exists(request.path, ignored))
      return 0;  // another program finished it while this one waited for the lock
    fetch_all(request, file, on_bytes);
    file.sync();
    size = file.size();
  }
  if (!request.sha256.empty()) {
    const std::string sha256 = sha256_of_file(partial);
    if (sha256 != request.sha256) {
      fs::remove(partial);
      fail(ErrorKind::corrupt_file,
           "{}: the bytes have SHA-256 {}, expected {}; they were removed, pull again", request.url,
           sha256, request.sha256);
    }
  }
  std::error_code problem;
  fs::rename(partial, request.path, problem);
  if (problem)
    fail(ErrorKind::io, "{}: cannot be put in place: {}", request.path.string(), problem.message());
  return size - std::min(found, size);
}

void fail_for_status(long status, const std::string& what, const std::string& origin,
                     bool with_token) {
  if (status == 401) {
    fail(ErrorKind::invalid_input, "{}: {} does not know it, or it is private: {}", what, origin,
         with_token ? "the token that was sent does not open it" : "set HF_TOKEN to open it");
  }
  if (status == 403) {
    fail(ErrorKind::invalid_input, "{}: {} refuses it: accept the licence on its page, and {}",
         what, origin, with_token ? "use a token of that account" : "set HF_TOKEN");
  }
  if (status == 404) {
    fail(ErrorKind::invalid_input, "{}: neither a path here nor found at {}", what, origin);
  }
  fail(ErrorKind::io, "{}: {} answered with status {}", what, origin, status);
}

}  // namespace nybble::api
