#include "nybble/pull.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "api/download.h"
#include "api/http.h"
#include "api/hub_cache.h"
#include "api/hub_client.h"
#include "api/model_reference.h"
#include "api/pick_files.h"
#include "api/sha256.h"
#include "base/error.h"
#include "files/shard_name.h"

namespace nybble {
namespace fs = std::filesystem;
namespace {

using namespace api;

std::string show(const HubReference& reference, const std::string& commit) {
  return fmt::format("{}@{}", reference.repo, commit.substr(0, 12));
}

PulledModel describe(const HubCache& cache, const HubReference& reference,
                     const std::string& commit, const PickedFiles& picked, std::string_view from) {
  const fs::path snapshot = cache.snapshot(commit);
  return {.path = picked.main.empty() ? snapshot : snapshot / picked.main,
          .files = picked.files,
          .chosen = fmt::format("{}: {}{}", show(reference, commit), picked.reason, from),
          .downloaded_bytes = 0};
}

// No network call at all.
PulledModel pull_from_cache(const HubCache& cache, const HubReference& reference,
                            std::string_view why) {
  const std::optional<std::string> commit = cache.commit_of(reference.revision);
  const std::vector<std::string> names =
      commit ? cache.files_of(*commit) : std::vector<std::string>{};
  if (names.empty()) {
    fail(ErrorKind::io, "{}@{}: not in the cache {} ({})", reference.repo, reference.revision,
         hub_cache_folder().string(), why);
  }
  return describe(cache, reference, *commit, pick_files(reference, names),
                  fmt::format(", from the cache ({})", why));
}

void check_space(const fs::path& folder, std::uint64_t needed) {
  std::error_code problem;
  const fs::space_info space = fs::space(folder, problem);
  if (!problem && space.available < needed) {
    fail(ErrorKind::io, "{}: the download needs {} more bytes, the disk has {} free",
         folder.string(), needed, space.available);
  }
}

// Bytes of the picked files that the cache lacks.
std::uint64_t missing_bytes(const HubCache& cache, const HubListing& listing,
                            const PickedFiles& picked) {
  std::uint64_t bytes = 0;
  for (const std::string& name : picked.files) {
    if (!cache.has(listing.commit, name)) bytes += listing.files.at(name).size;
  }
  return bytes;
}

std::uint64_t fetch_files(const HubCache& cache, const HubReference& reference,
                          const HubListing& listing, const PickedFiles& picked,
                          const ProgressCallback& progress) {
  const std::uint64_t total = missing_bytes(cache, listing, picked);
  std::uint64_t before = 0;
  std::uint64_t downloaded = 0;
  for (const std::string& name : picked.files) {
    if (cache.has(listing.commit, name)) continue;
    const HubFile& file = listing.files.at(name);
    const fs::path blob = cache.blob(file.hash);
    if (downloaded == 0) check_space(blob.parent_path(), total);
    const auto report = [&](std::uint64_t done) {
      if (progress)
        progress({.step = "download " + name,
                  .done = before + done,
                  .total = total,
                  .unit = "bytes",
                  .detail = {}});
    };
    std::error_code ignored;
    if (!fs::exists(blob, ignored)) {
      downloaded += download({.url = file_url(hub_endpoint(), reference.repo, listing.commit, name),
                              .token = hub_token(),
                              .path = blob,
                              .size = file.size,
                              .sha256 = file.is_lfs ? file.hash : "",
                              .can_resume = true},
                             report);
    }
    cache.link(listing.commit, name, file.hash);
    before += file.size;
  }
  return downloaded;
}

std::vector<std::string> names_of(const HubListing& listing) {
  std::vector<std::string> names;
  for (const auto& [name, file] : listing.files) names.push_back(name);
  return names;
}

PulledModel pull_from_hub(const HubReference& reference, const PullRequest& request,
                          const ProgressCallback& progress) {
  const HubCache cache(hub_cache_folder(), reference.repo);
  if (request.offline || is_hub_offline()) return pull_from_cache(cache, reference, "offline");
  HubListing listing;
  try {
    listing = list_repository(reference, hub_endpoint(), hub_token());
  } catch (const Error& error) {
    // Without the network, what is here is better than nothing, and it is said.
    if (error.kind() != ErrorKind::io || !cache.commit_of(reference.revision)) throw;
    return pull_from_cache(cache, reference, error.what());
  }
  const PickedFiles picked = pick_files(reference, names_of(listing));
  PulledModel pulled = describe(cache, reference, listing.commit, picked, "");
  if (request.dry_run) {
    pulled.chosen += fmt::format("; {} bytes to download", missing_bytes(cache, listing, picked));
    return pulled;
  }
  pulled.downloaded_bytes = fetch_files(cache, reference, listing, picked, progress);
  cache.remember(reference.revision, listing.commit);
  return pulled;
}

// The parts of a split model stand beside the one that was named.
std::vector<std::string> urls_of_parts(const std::string& url, const std::string& name) {
  const auto shard = files::parse_shard_name(name);
  if (!shard) return {url};
  std::vector<std::string> urls;
  const std::size_t at = url.rfind(name);
  for (int n = 1; n <= shard->count; ++n)
    urls.push_back(std::string(url).replace(at, name.size(), shard->with_number(n)));
  return urls;
}

std::string name_of_url(const std::string& url) {
  const std::string path = url.substr(0, url.find_first_of("?#"));
  const std::string name = path.substr(path.rfind('/') + 1);
  check_file_name(name);
  return name;
}

PulledModel pull_url(const std::string& url, const PullRequest& request,
                     const ProgressCallback& progress) {
  const std::string name = name_of_url(url);
  Sha256 key;
  key.add(std::as_bytes(std::span(std::string_view(url).substr(0, url.rfind(name)))));
  const fs::path folder = url_cache_folder() / key.finish().substr(0, 16);
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem)
    fail(ErrorKind::io, "{}: the cache cannot be written: {}", folder.string(), problem.message());

  PulledModel pulled;
  for (const std::string& part : urls_of_parts(url, name)) {
    const fs::path path = folder / name_of_url(part);
    pulled.files.push_back(path.filename().string());
    if (pulled.path.empty()) pulled.path = path;
    if (fs::exists(path, problem) || request.dry_run) continue;
    if (request.offline || is_hub_offline())
      fail(ErrorKind::io, "{}: not in the cache {} (offline)", part, folder.string());
    // Without a hash nothing tells whether the rest still fits what is here.
    pulled.downloaded_bytes += download(
        {.url = part, .token = {}, .path = path, .size = {}, .sha256 = {}, .can_resume = false},
        [&](std::uint64_t done) {
          if (progress)
            progress({.step = "download " + name_of_url(part),
                      .done = done,
                      .total = 0,
                      .unit = "bytes",
                      .detail = {}});
        });
  }
  pulled.chosen =
      fmt::format("{} ({})", url,
                  pulled.downloaded_bytes > 0 ? "downloaded; the address gives no hash to check"
                                              : "from the cache");
  return pulled;
}

}  // namespace

PulledModel pull(const PullRequest& request, const ProgressCallback& progress) {
  const ModelReference reference = parse_reference(request.reference, hub_endpoint());
  if (reference.kind == ModelReference::Kind::path) {
    return {.path = reference.path, .files = {reference.path}, .chosen = "", .downloaded_bytes = 0};
  }
  if (reference.kind == ModelReference::Kind::url)
    return pull_url(reference.url, request, progress);
  return pull_from_hub(reference.hub, request, progress);
}

}  // namespace nybble
