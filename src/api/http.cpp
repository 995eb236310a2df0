#include "api/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <memory>

#include "base/error.h"

namespace nybble::api {
namespace {

constexpr int max_redirects = 10;
constexpr long connect_timeout_s = 20;
constexpr long stall_timeout_s = 60;  // without one byte

using Handle = std::unique_ptr<CURL, void (*)(CURL*)>;
using Headers = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

Handle make_handle() {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  Handle handle(initialized == CURLE_OK ? curl_easy_init() : nullptr, curl_easy_cleanup);
  if (!handle) fail(ErrorKind::io, "libcurl cannot be started");
  return handle;
}

// One response on its way in.
struct Transfer {
  CURL* handle = nullptr;
  const HttpSink* sink = nullptr;
  HttpResponse response;
  std::exception_ptr thrown;
};

std::size_t take_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
  const std::size_t end = line.find_last_not_of(" \t\r\n");
  transfer.response.headers[name] =
      begin == std::string_view::npos || end < begin ? "" : line.substr(begin, end - begin + 1);
  return size;
}

std::size_t take_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  curl_easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &transfer.response.status);
  const bool is_wanted = transfer.response.status == 200 || transfer.response.status == 206;
  if (!is_wanted) return size;
  try {
    (*transfer.sink)(transfer.response, std::string_view(data, size));
  } catch (...) {
    transfer.thrown = std::current_exception();  // libcurl is C: nothing may be thrown through it
    return 0;
  }
  return size;
}

void set_options(Transfer& transfer, const std::string& url, const curl_slist* headers) {
  CURL* handle = transfer.handle;
  const bool is_secure = url.starts_with("https:");
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, is_secure ? "https" : "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "nybble");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, connect_timeout_s);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, stall_timeout_s);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
}

Headers make_headers(const HttpRequest& request, bool with_token) {
  curl_slist* list = nullptr;
  if (with_token)
    list = curl_slist_append(list, ("Authorization: Bearer " + request.token).c_str());
  if (request.resume_from > 0)
    list = curl_slist_append(list, fmt::format("Range: bytes={}-", request.resume_from).c_str());
  return {list, curl_slist_free_all};
}

// One request without redirects; the address to go on with, if the answer is one.
std::string send(const HttpRequest& request, const std::string& url, Transfer& transfer) {
  const Handle handle = make_handle();
  const bool with_token = !request.token.empty() && origin_of(url) == origin_of(request.url);
  const Headers headers = make_headers(request, with_token);
  transfer.handle = handle.get();
  transfer.response = {.status = 0, .url = url, .headers = {}};
  set_options(transfer, url, headers.get());
  const CURLcode code = curl_easy_perform(handle.get());
  if (transfer.thrown) std::rethrow_exception(transfer.thrown);
  if (code != CURLE_OK) {
    fail(ErrorKind::io, "{}: no answer: {}", origin_of(url), curl_easy_strerror(code));
  }
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &transfer.response.status);
  const char* next = nullptr;
  curl_easy_getinfo(handle.get(), CURLINFO_REDIRECT_URL, &next);
  return next == nullptr ? "" : next;
}

}  // namespace

std::string origin_of(std::string_view url) {
  const std::size_t host = url.find("://");
  if (host == std::string_view::npos) return std::string(url);
  std::string origin(url.substr(0, url.find_first_of("/?#", host + 3)));
  std::ranges::transform(origin, origin.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return origin;
}

HttpResponse http_get(const HttpRequest& request, const HttpSink& sink) {
  Transfer transfer;
  transfer.sink = &sink;
  std::string url = request.url;
  for (int hop = 0; hop <= max_redirects; ++hop) {
    const std::string next = send(request, url, transfer);
    if (next.empty()) return transfer.response;
    if (url.starts_with("https:") && !next.starts_with("https:")) {
      fail(ErrorKind::io, "{}: leads to '{}', which is not encrypted; nothing was sent there",
           origin_of(url), origin_of(next));
    }
    url = next;
  }
  fail(ErrorKind::io, "{}: more than {} redirects", request.url, max_redirects);
}

HttpResponse http_get_text(const HttpRequest& request, std::string& body, std::size_t max_bytes) {
  return http_get(request, [&](const HttpResponse& response, std::string_view bytes) {
    if (body.size() + bytes.size() > max_bytes) {
      fail(ErrorKind::io, "{}: the answer is longer than {} bytes", origin_of(response.url),
           max_bytes);
    }
    body += bytes;
  });
}

}  // namespace nybble::api
