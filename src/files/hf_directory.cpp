#include "files/hf_directory.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "base/error.h"
#include "base/json.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "files/safetensors_layout.h"
#include "files/shard_name.h"

namespace nybble::files {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view text_names[] = {"config.json",
                                           "generation_config.json",
                                           "quantize_config.json",
                                           "tokenizer.json",
                                           "tokenizer_config.json",
                                           "special_tokens_map.json",
                                           "added_tokens.json",
                                           "vocab.json",
                                           "merges.txt",
                                           "tokenizer.model",
                                           "chat_template.jinja",
                                           "chat_template.json"};
// Further templates, e.g. chat_templates/rag.jinja.
constexpr std::string_view template_folder = "chat_templates";
// Far above the largest known tokenizer.json (some 35 MB).
constexpr std::size_t max_text_bytes = std::size_t{256} << 20;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

fs::path real_path(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::canonical(path, error);
  if (error) fail(ErrorKind::io, "{}: cannot be opened: {}", path.string(), error.message());
  return real;
}

bool is_inside(const fs::path& path, const fs::path& directory) {
  return std::mismatch(directory.begin(), directory.end(), path.begin(), path.end()).first ==
         directory.end();
}

// models--x/snapshots/<revision>/file -> models--x/blobs/<hash>
bool is_cache_blob(const fs::path& target, const fs::path& directory) {
  const fs::path snapshots = directory.parent_path();
  return snapshots.filename() == "snapshots" &&
         target.parent_path() == snapshots.parent_path() / "blobs";
}

// A directory that may have been copied from a stranger: its links must not lead to other files of
// this machine.
void refuse_link_outside(const fs::path& file, const fs::path& directory) {
  std::error_code error;
  if (!fs::is_symlink(file, error)) return;
  const fs::path target = real_path(file);
  const fs::path home = real_path(directory);
  if (is_inside(target, home) || is_cache_blob(target, home)) return;
  fail(ErrorKind::invalid_input,
       "{}: is a link to {}, outside its directory; put the file itself there, or open the "
       "directory that holds it",
       file.string(), target.string());
}

std::string read_text(const fs::path& file, const fs::path& directory) {
  refuse_link_outside(file, directory);
  return read_text_file(file, max_text_bytes);
}

std::vector<fs::path> files_with_extension(const fs::path& directory, std::string_view extension) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == extension) found.push_back(entry->path());
  }
  if (error) fail(ErrorKind::io, "{}: cannot be listed: {}", directory.string(), error.message());
  std::sort(found.begin(), found.end());
  return found;
}

std::map<std::string, std::string, std::less<>> read_texts(const fs::path& directory) {
  std::map<std::string, std::string, std::less<>> texts;
  for (const fs::path& file : find_text_files(directory)) {
    texts.emplace(file.lexically_relative(directory).generic_string(), read_text(file, directory));
  }
  return texts;
}

void read_index(const fs::path& index, HfDirectory& found) {
  const fs::path directory = index.parent_path();
  const Json json = parse_json(read_text(index, directory), index.string());
  const auto map = json.is_object() ? json.find("weight_map") : json.end();
  if (map == json.end() || !map->is_object() || map->empty()) {
    fail(ErrorKind::corrupt_file, "{}: expected an object 'weight_map' from tensors to files",
         index.string());
  }
  std::set<std::string> names;
  for (const auto& [tensor, file] : map->items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (!is_printable_name(name) || fs::path(name).filename() != name ||
        !name.ends_with(".safetensors")) {
      fail(ErrorKind::corrupt_file,
           "{}: tensor '{}' is said to be in '{}', expected the name of a .safetensors file in the "
           "same directory",
           index.string(), printable(tensor), printable(name));
    }
    found.weight_map.emplace(tensor, name);
    names.insert(name);
  }
  for (const std::string& name : names) {
    const fs::path file = directory / name;
    if (!is_there(file)) {
      fail(ErrorKind::io, "{}: is missing; {} names {} files", file.string(),
           index.filename().string(), names.size());
    }
    refuse_link_outside(file, directory);
    found.weights.push_back(file);
  }
}

[[noreturn]] void fail_no_weights(const fs::path& directory) {
  for (const std::string_view extension : {".bin", ".pt", ".pth"}) {
    const auto pickles = files_with_extension(directory, extension);
    if (pickles.empty()) continue;
    fail(ErrorKind::unsupported,
         "{}: holds its weights as Python pickles ({}), which can run any code when opened and "
         "which "
         "nybble does not read; fetch the safetensors of the model, or convert it with "
         "save_pretrained() of transformers",
         directory.string(), pickles.front().filename().string());
  }
  fail(ErrorKind::invalid_input, "{}: expected {}, {} or one .gguf file, found no weights{}",
       directory.string(), safetensors_file_name, safetensors_index_name,
       is_there(directory / "config.json") ? " beside config.json; is the download complete?" : "");
}

// Weights without an index: model.safetensors, or the only file there is.
fs::path find_single_file(const fs::path& directory) {
  if (is_there(directory / safetensors_file_name)) return directory / safetensors_file_name;
  const auto files = files_with_extension(directory, ".safetensors");
  if (files.empty()) fail_no_weights(directory);
  if (files.size() > 1) {
    fail(ErrorKind::invalid_input,
         "{}: holds {} safetensors files but no {}; fetch the index, or name one file",
         directory.string(), files.size(), safetensors_index_name);
  }
  if (parse_shard_name(files.front().filename().string()) &&
      !files.front().filename().string().ends_with("-of-00001.safetensors")) {
    fail(ErrorKind::invalid_input,
         "{}: is one of several shards, and {} is missing; is the download complete?",
         files.front().string(), safetensors_index_name);
  }
  return files.front();
}

}  // namespace

std::vector<fs::path> find_weight_files(const fs::path& directory) {
  std::vector<fs::path> found = files_with_extension(directory, ".safetensors");
  std::erase_if(found, [](const fs::path& file) {
    const auto shard = parse_shard_name(file.filename().string());
    return file.filename() != safetensors_file_name && !(shard && shard->prefix == "model");
  });
  if (is_there(directory / safetensors_index_name))
    found.push_back(directory / safetensors_index_name);
  return found;
}

std::vector<fs::path> find_text_files(const fs::path& directory) {
  std::vector<fs::path> found;
  for (const std::string_view name : text_names) {
    if (is_there(directory / name)) found.push_back(directory / name);
  }
  if (is_there(directory / template_folder)) {
    const auto templates = files_with_extension(directory / template_folder, ".jinja");
    found.insert(found.end(), templates.begin(), templates.end());
  }
  return found;
}

HfDirectory read_hf_directory(const fs::path& path) {
  std::error_code error;
  const bool is_directory = fs::is_directory(path, error);
  const fs::path directory = is_directory             ? path
                             : path.has_parent_path() ? path.parent_path()
                                                      : fs::path(".");
  const fs::path index = path.extension() == ".json" ? path : directory / safetensors_index_name;
  const bool wants_index =
      is_directory || path == index || parse_shard_name(path.filename().string()).has_value();

  HfDirectory found;
  if (wants_index && is_there(index)) {
    read_index(index, found);
  } else {
    // A file that the user named may be a link to anywhere.
    const fs::path file = is_directory ? find_single_file(directory) : path;
    if (is_directory) refuse_link_outside(file, directory);
    found.weights.push_back(file);
  }
  found.texts = read_texts(directory);
  return found;
}

}  // namespace nybble::files
