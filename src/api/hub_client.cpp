#include "api/hub_client.h"

#include <fmt/format.h>

#include <cctype>

#include "api/download.h"
#include "api/http.h"
#include "api/hub_cache.h"
#include "base/error.h"
#include "base/json.h"

namespace nybble::api {
namespace {

// A repository of 10,000 files lists in about 4 MB.
constexpr std::size_t max_listing_bytes = std::size_t{64} << 20;

std::string url_encoded(std::string_view text, std::string_view separators) {
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                          std::string_view("-._~").find(c) != std::string_view::npos ||
                          separators.find(c) != std::string_view::npos;
    encoded += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

HubFile read_file(const Json& entry) {
  HubFile file;
  const Json lfs = entry.value("lfs", Json());
  file.is_lfs = lfs.is_object();
  file.size =
      file.is_lfs ? lfs.at("size").get<std::uint64_t>() : entry.at("size").get<std::uint64_t>();
  file.hash =
      file.is_lfs ? lfs.at("sha256").get<std::string>() : entry.at("blobId").get<std::string>();
  return file;
}

}  // namespace

HubListing list_repository(const HubReference& reference, const std::string& endpoint,
                           const std::string& token) {
  // A branch such as refs/pr/1 is one part of the address.
  const std::string url = fmt::format("{}/api/models/{}/revision/{}?blobs=true", endpoint,
                                      reference.repo, url_encoded(reference.revision, ""));
  std::string body;
  const HttpResponse response =
      http_get_text({.url = url, .token = token}, body, max_listing_bytes);
  if (response.status != 200) {
    const std::string what =
        reference.revision == "main" ? reference.repo : reference.repo + "@" + reference.revision;
    fail_for_status(response.status, what, origin_of(endpoint), !token.empty());
  }
  const Json document = parse_json(body, url);
  try {
    HubListing listing;
    listing.commit = document.at("sha").get<std::string>();
    if (!is_hexadecimal(listing.commit))
      fail(ErrorKind::corrupt_file, "{}: the commit is not a hash", url);
    for (const Json& entry : document.at("siblings")) {
      const auto name = entry.at("rfilename").get<std::string>();
      check_file_name(name);
      listing.files.emplace(name, read_file(entry));
    }
    return listing;
  } catch (const Json::exception&) {
    fail(ErrorKind::corrupt_file,
         "{}: the list of files is not in the form of the hub; is HF_ENDPOINT right?", url);
  }
}

std::string file_url(const std::string& endpoint, const std::string& repo,
                     const std::string& commit, const std::string& file) {
  return fmt::format("{}/{}/resolve/{}/{}", endpoint, repo, commit, url_encoded(file, "/"));
}

}  // namespace nybble::api
