// HTTP GET through libcurl: redirects followed by hand, so that a token never leaves the host it is
// for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace nybble::api {

struct HttpRequest {
  std::string url;
  std::string token;  // "Authorization: Bearer ..." to the origin of `url` only; empty: none
  std::uint64_t resume_from = 0;  // "Range: bytes=N-"
};

struct HttpResponse {
  long status = 0;
  std::string url;                             // after redirects
  std::map<std::string, std::string> headers;  // names in lower case; of the last response
};

// Called with each piece of a successful body (status 200 or 206), after `status` is known. What it
// throws ends the transfer and is thrown on.
using HttpSink = std::function<void(const HttpResponse& response, std::string_view bytes)>;

// Throws Error(io) when no answer comes; any status is an answer. An address that begins with
// https: never leaves https:.
HttpResponse http_get(const HttpRequest& request, const HttpSink& sink);
// The body as text, at most max_bytes of it.
HttpResponse http_get_text(const HttpRequest& request, std::string& body, std::size_t max_bytes);
// "https://host:port" of an address.
std::string origin_of(std::string_view url);

}  // namespace nybble::api
