#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "files/hf_directory.h"
#include "files/safetensors.h"

namespace nybble::files {
namespace {

namespace fs = std::filesystem;

void add_file(const fs::path& path, Checkpoint& checkpoint) {
  const auto mapping = std::make_shared<const MappedFile>(path);
  SafetensorsFile file = parse_safetensors(mapping->bytes(), path.string());
  for (NamedTensor& tensor : file.tensors) checkpoint.tensors.push_back(std::move(tensor));
  for (auto& [key, text] : file.metadata) checkpoint.metadata.set(key, std::move(text));
  checkpoint.file_bytes += mapping->bytes().size();
  checkpoint.owners.push_back(mapping);
}

// Each tensor once, and in the file that the index names for it.
void check_places(const Checkpoint& checkpoint,
                  const std::map<std::string, std::string>& weight_map) {
  std::unordered_map<std::string_view, std::string_view> files;
  for (const NamedTensor& tensor : checkpoint.tensors) {
    const auto [place, is_new] = files.try_emplace(tensor.name, tensor.file);
    if (!is_new) {
      fail(ErrorKind::corrupt_file,
           "{}: tensor '{}' stands in both {} and {}; are the shards of one model?",
           checkpoint.path.string(), tensor.name, place->second, tensor.file);
    }
  }
  for (const auto& [name, file] : weight_map) {
    const auto place = files.find(name);
    if (place == files.end() || place->second != file) {
      fail(ErrorKind::corrupt_file, "{}: the index says that tensor '{}' is in {}, but it is {}",
           checkpoint.path.string(), printable(name), file,
           place == files.end() ? "in none of the shards" : place->second);
    }
  }
}

}  // namespace

Checkpoint open_safetensors(const fs::path& path) {
  HfDirectory directory = read_hf_directory(path);
  Checkpoint checkpoint;
  checkpoint.path = path;
  checkpoint.container = "safetensors";
  checkpoint.metadata = Metadata(path.string());
  for (const fs::path& file : directory.weights) add_file(file, checkpoint);
  check_places(checkpoint, directory.weight_map);
  checkpoint.n_files = static_cast<int>(directory.weights.size());
  checkpoint.texts = std::move(directory.texts);
  return checkpoint;
}

}  // namespace nybble::files
