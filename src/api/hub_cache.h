// The cache of Hugging Face on disk: models--user--name/{blobs,refs,snapshots}, shared with other
// programs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nybble::api {

// HF_HUB_CACHE, else $HF_HOME/hub, else ~/.cache/huggingface/hub.
std::filesystem::path hub_cache_folder();
// Where addresses without a repository are kept: $XDG_CACHE_HOME/nybble, else ~/.cache/nybble.
std::filesystem::path url_cache_folder();
// HF_ENDPOINT without a slash at its end, else https://huggingface.co.
std::string hub_endpoint();
// HF_TOKEN, else the file HF_TOKEN_PATH or $HF_HOME/token; empty: none.
std::string hub_token();
// HF_HUB_OFFLINE is 1, on, yes or true.
bool is_hub_offline();

// One repository in the cache. File names of the repository are checked before they become paths.
class HubCache {
 public:
  HubCache(const std::filesystem::path& folder, std::string_view repo);

  // The commit that a revision meant when it was last asked for; a full commit means itself.
  std::optional<std::string> commit_of(const std::string& revision) const;
  void remember(const std::string& revision, const std::string& commit) const;

  std::filesystem::path snapshot(const std::string& commit) const;
  // Names of the files that a snapshot holds whole; empty when there is none.
  std::vector<std::string> files_of(const std::string& commit) const;
  bool has(const std::string& commit, const std::string& file) const;

  // Where the bytes of a file belong; `hash` is its SHA-256 or git hash, checked to be nothing but
  // hexadecimal digits.
  std::filesystem::path blob(const std::string& hash) const;
  // Puts the file's name into the snapshot, as a relative link to its blob.
  void link(const std::string& commit, const std::string& file, const std::string& hash) const;

 private:
  std::filesystem::path root_;
};

// Throws Error(corrupt_file) for a name from a listing that could leave its folder.
void check_file_name(std::string_view name);
bool is_hexadecimal(std::string_view text);

}  // namespace nybble::api
