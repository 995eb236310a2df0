#include "api/hub_cache.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/utf8.h"

namespace nybble::api {
namespace fs = std::filesystem;
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path home() {
  const std::string folder = variable("HOME");
  return folder.empty() ? fs::path("/") : fs::path(folder);
}

fs::path user_cache() {
  const std::string folder = variable("XDG_CACHE_HOME");
  return folder.empty() ? home() / ".cache" : fs::path(folder);
}

fs::path hub_home() {
  const std::string folder = variable("HF_HOME");
  return folder.empty() ? user_cache() / "huggingface" : fs::path(folder);
}

std::string trimmed(std::string text) {
  text.erase(0, std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

void make_folder(const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem)
    fail(ErrorKind::io, "{}: the cache cannot be written: {}", folder.string(), problem.message());
}

}  // namespace

fs::path hub_cache_folder() {
  const std::string folder = variable("HF_HUB_CACHE");
  return folder.empty() ? hub_home() / "hub" : fs::path(folder);
}

fs::path url_cache_folder() {
  return user_cache() / "nybble";
}

std::string hub_endpoint() {
  std::string endpoint = variable("HF_ENDPOINT");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return endpoint.empty() ? "https://huggingface.co" : endpoint;
}

std::string hub_token() {
  const std::string token = trimmed(variable("HF_TOKEN"));
  if (!token.empty()) return token;
  const std::string path = variable("HF_TOKEN_PATH");
  const fs::path file = path.empty() ? hub_home() / "token" : fs::path(path);
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) ? trimmed(read_text_file(file, 4096)) : "";
}

bool is_hub_offline() {
  std::string value = variable("HF_HUB_OFFLINE");
  std::ranges::transform(value, value.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return value == "1" || value == "on" || value == "yes" || value == "true";
}

bool is_hexadecimal(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void check_file_name(std::string_view name) {
  bool is_good =
      is_printable_name(name) && name.size() < 1024 && name.find('\\') == std::string_view::npos;
  for (const fs::path& part : fs::path(name))
    is_good = is_good && !part.empty() && part != "." && part != "..";
  if (!is_good || fs::path(name).is_absolute() || name.empty()) {
    fail(ErrorKind::corrupt_file,
         "the repository lists a file '{}', a name that could leave the cache; it is not pulled",
         printable(name));
  }
}

HubCache::HubCache(const fs::path& folder, std::string_view repo) {
  std::string name(repo);
  const std::size_t slash = name.find('/');
  name.replace(slash, 1, "--");
  root_ = folder / ("models--" + name);
}

std::optional<std::string> HubCache::commit_of(const std::string& revision) const {
  if (revision.size() == 40 && is_hexadecimal(revision)) return revision;
  const fs::path file = root_ / "refs" / revision;
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return std::nullopt;
  const std::string commit = trimmed(read_text_file(file, 4096));
  return is_hexadecimal(commit) ? std::optional(commit) : std::nullopt;
}

void HubCache::remember(const std::string& revision, const std::string& commit) const {
  if (revision == commit) return;
  const fs::path file = root_ / "refs" / revision;
  make_folder(file.parent_path());
  std::ofstream(file, std::ios::trunc) << commit;
}

fs::path HubCache::snapshot(const std::string& commit) const {
  return root_ / "snapshots" / commit;
}

std::vector<std::string> HubCache::files_of(const std::string& commit) const {
  std::vector<std::string> names;
  std::error_code problem;
  const fs::path folder = snapshot(commit);
  for (auto entry = fs::recursive_directory_iterator(folder, problem);
       !problem && entry != fs::recursive_directory_iterator(); entry.increment(problem)) {
    // A link to a blob that was deleted is no file.
    if (entry->is_regular_file(problem))
      names.push_back(entry->path().lexically_relative(folder).string());
  }
  return names;
}

bool HubCache::has(const std::string& commit, const std::string& file) const {
  std::error_code ignored;
  return fs::is_regular_file(snapshot(commit) / file, ignored);
}

fs::path HubCache::blob(const std::string& hash) const {
  if (!is_hexadecimal(hash))
    fail(ErrorKind::corrupt_file, "the repository lists a hash '{}' that is none", printable(hash));
  make_folder(root_ / "blobs");
  return root_ / "blobs" / hash;
}

void HubCache::link(const std::string& commit, const std::string& file,
                    const std::string& hash) const {
  const fs::path name = snapshot(commit) / file;
  make_folder(name.parent_path());
  const fs::path target = blob(hash).lexically_relative(name.parent_path());
  // Renamed into place, so that another program never finds the name missing.
  const fs::path temporary = name.string() + ".link-" + std::to_string(getpid());
  std::error_code problem;
  fs::remove(temporary, problem);
  fs::create_symlink(target, temporary, problem);
  if (!problem) fs::rename(temporary, name, problem);
  if (problem)
    fail(ErrorKind::io, "{}: cannot be linked to its blob: {}", name.string(), problem.message());
}

}  // namespace nybble::api
