#include "files/checkpoint.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <system_error>

#include "base/error.h"
#include "files/gguf.h"
#include "files/gguf_layout.h"
#include "files/safetensors.h"
#include "files/shard_name.h"

namespace nybble::files {
namespace {

namespace fs = std::filesystem;

bool is_later_shard(const fs::path& path) {
  const auto name = parse_shard_name(path.filename().string());
  return name && name->number > 1;
}

struct Listing {
  std::vector<fs::path> ggufs;  // models only: no later shards, no image encoders
  bool has_safetensors = false;
};

Listing list(const fs::path& directory) {
  Listing listing;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path& path = entry->path();
    if (path.extension() == ".safetensors") listing.has_safetensors = true;
    const bool is_model = !is_later_shard(path) && !path.filename().string().starts_with("mmproj");
    if (path.extension() == ".gguf" && is_model) listing.ggufs.push_back(path);
  }
  if (error) fail(ErrorKind::io, "{}: cannot be listed: {}", directory.string(), error.message());
  std::sort(listing.ggufs.begin(), listing.ggufs.end());
  return listing;
}

Checkpoint open_directory(const fs::path& directory) {
  const Listing listing = list(directory);
  if (listing.ggufs.empty()) return open_safetensors(directory);
  if (listing.ggufs.size() == 1 && !listing.has_safetensors)
    return open_gguf(listing.ggufs.front());
  std::string names = listing.has_safetensors ? "safetensors" : "";
  constexpr std::size_t most_shown = 12;
  for (std::size_t i = 0; i < std::min(listing.ggufs.size(), most_shown); ++i) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", listing.ggufs[i].filename().string());
  }
  if (listing.ggufs.size() > most_shown) names += ", ...";
  fail(ErrorKind::invalid_input, "{}: holds several models ({}); name the file you mean",
       directory.string(), names);
}

std::string first_bytes(const fs::path& path) {
  std::array<char, 4> bytes{};
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), bytes.size());
  return {bytes.data(), static_cast<std::size_t>(file.gcount())};
}

[[noreturn]] void fail_pickle(const fs::path& path) {
  fail(ErrorKind::unsupported,
       "{}: is a Python pickle, which can run any code when opened and which nybble does not read; "
       "fetch the safetensors of the model, or convert it with save_pretrained() of transformers",
       path.string());
}

Checkpoint open_file(const fs::path& path) {
  const std::string extension = path.extension().string();
  if (first_bytes(path) == gguf_magic || extension == ".gguf") return open_gguf(path);
  if (path.filename() == "config.json")
    return open_directory(path.has_parent_path() ? path.parent_path() : ".");
  if (extension == ".bin" || extension == ".pt" || extension == ".pth") fail_pickle(path);
  return open_safetensors(path);
}

// The first shard of a model that was split: "model.gguf" stands for model-00001-of-00003.gguf.
std::optional<fs::path> find_first_shard(const fs::path& path) {
  const fs::path directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code error;
  if (path.extension() != ".gguf" || !fs::is_directory(directory, error)) return std::nullopt;
  std::optional<fs::path> found;
  for (const fs::path& file : list(directory).ggufs) {
    const auto shard = parse_shard_name(file.filename().string());
    if (!shard || shard->prefix != path.stem()) continue;
    if (found) {
      fail(ErrorKind::invalid_input, "{}: was split twice, as {} and {}; name the one you mean",
           path.string(), found->filename().string(), file.filename().string());
    }
    found = file;
  }
  return found;
}

}  // namespace

const NamedTensor* Checkpoint::find(std::string_view name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const NamedTensor& t) { return t.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

const NamedTensor& Checkpoint::get(std::string_view name) const {
  const NamedTensor* tensor = find(name);
  if (tensor == nullptr)
    fail(ErrorKind::corrupt_file, "{}: expected a tensor '{}', found none", path.string(), name);
  return *tensor;
}

Checkpoint open_checkpoint(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    if (const auto shard = find_first_shard(path)) return open_gguf(*shard);
    fail(ErrorKind::io, "{}: expected a model file or directory, found nothing there",
         path.string());
  }
  if (fs::is_directory(status)) return open_directory(path);
  if (!fs::is_regular_file(status)) {
    fail(ErrorKind::io, "{}: expected a model file or directory, found a device or pipe",
         path.string());
  }
  return open_file(path);
}

}  // namespace nybble::files
