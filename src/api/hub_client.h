// The hub's list of a repository's files.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "api/model_reference.h"

namespace nybble::api {

struct HubFile {
  std::uint64_t size = 0;
  std::string hash;     // name of its blob: the SHA-256 of an LFS file, else git's hash
  bool is_lfs = false;  // then the hash is checked after the download
};

struct HubListing {
  std::string commit;
  std::map<std::string, HubFile> files;
};

// Throws Error: not found, private, no answer, an answer that makes no sense.
HubListing list_repository(const HubReference& reference, const std::string& endpoint,
                           const std::string& token);
std::string file_url(const std::string& endpoint, const std::string& repo,
                     const std::string& commit, const std::string& file);

}  // namespace nybble::api
