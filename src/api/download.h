// One file from an address to a path: resumed, retried, checked, renamed into place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace nybble::api {

struct DownloadRequest {
  std::string url;
  std::string token;  // as HttpRequest has it
  std::filesystem::path
      path;  // the unfinished file is "<path>.incomplete" and stays when the download breaks off
  std::optional<std::uint64_t> size;  // checked when known
  std::string sha256;                 // checked when not empty
  bool can_resume = true;             // false: the address may hold other bytes by now
};

// `on_bytes` hears of bytes found (first call) and downloaded. Returns the number downloaded now.
// Throws Error(io), and Error(corrupt_file) when size or hash are wrong; the wrong file is removed.
std::uint64_t download(const DownloadRequest& request,
                       const std::function<void(std::uint64_t)>& on_bytes);

// A sentence for an answer that is neither 200 nor 206. `what` is what was asked for.
[[noreturn]] void fail_for_status(long status, const std::string& what, const std::string& origin,
                                  bool with_token);

}  // namespace nybble::api
