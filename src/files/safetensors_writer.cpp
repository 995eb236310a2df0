#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "files/hf_directory.h"
#include "files/safetensors.h"
#include "files/safetensors_layout.h"

namespace nybble::files {
namespace {

namespace fs = std::filesystem;

void refuse_existing_model(const fs::path& directory) {
  const auto existing = find_weight_files(directory);
  if (existing.empty()) return;
  fail(ErrorKind::invalid_input,
       "{}: holds a model already ({}); choose another directory, or allow the model to be "
       "replaced (--force)",
       directory.string(), existing.front().filename().string());
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(const fs::path& directory, bool replace,
                                     const std::map<std::string, std::string>& metadata,
                                     const std::vector<TensorPlan>& tensors,
                                     std::uint64_t max_shard_bytes)
    : directory_(directory),
      place_([=](const std::map<std::string, std::string>& values) {
        return place_safetensors_shards(directory, values, tensors, max_shard_bytes);
      }),
      writer_(
          [&] {
            if (!replace) refuse_existing_model(directory);
            return place_(metadata);
          }(),
          replace),
      replace_(replace) {
  const auto file_name = [this](std::size_t i) { return writer_.path_of(i).filename().string(); };
  for (std::size_t i = 0; i < writer_.n_files(); ++i) written_.insert(file_name(i));
  if (written_.size() == 1) return;
  Json map = Json::object();
  std::uint64_t total = 0;
  for (const PlacedTensor& tensor : writer_.tensors()) {
    map[tensor.name] = file_name(tensor.file);
    total += tensor.size;
  }
  const Json index = {{"metadata", {{"total_size", total}}}, {"weight_map", std::move(map)}};
  add_text(safetensors_index_name, index.dump(2) + "\n");
}

void SafetensorsWriter::add_text(std::string_view name, std::string_view text) {
  const fs::path file = directory_.path() / name;
  if (file.parent_path() != directory_.path()) subfolders_.emplace_back(file.parent_path());
  writer_.add_file(file, text);
  written_.emplace(name);
}

void SafetensorsWriter::write(std::span<const std::byte> bytes) {
  writer_.write(bytes);
}

void SafetensorsWriter::replace_metadata(const std::map<std::string, std::string>& metadata) {
  writer_.replace_headers(place_(metadata));
}

void SafetensorsWriter::finish() {
  writer_.finish();
  directory_.keep();
  for (OutputDirectory& subfolder : subfolders_) subfolder.keep();
  if (replace_) remove_old_model();
}

void SafetensorsWriter::remove_old_model() {
  std::error_code ignored;
  for (const auto& find : {find_weight_files, find_text_files}) {
    for (const fs::path& file : find(directory_.path())) {
      const std::string name = file.lexically_relative(directory_.path()).generic_string();
      if (!written_.contains(name)) fs::remove(file, ignored);
    }
  }
}

}  // namespace nybble::files
