#include "api/resume_folder.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/error.h"

namespace nybble {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view key_name = "key", placing_name = "placing", tensor_prefix = "tensor-";

bool is_of_nybble(const std::string& name) {
  return name == key_name || name == placing_name || name == "statistics.gguf" ||
         name == "training" || name == "lessons" || name.starts_with(tensor_prefix) ||
         (name.starts_with('.') && name.find(".partial-") != std::string::npos);
}

void write_file(const fs::path& path, std::string_view text) {
  AtomicFile file(path, true);
  file.write(std::as_bytes(std::span(text)));
  file.commit();
}

fs::path folder_of(const fs::path& output) {
  return fs::path(output) += ".resume";
}

fs::path made(const fs::path& folder) {
  std::error_code error;  // FolderLock tells it better
  fs::create_directory(folder, error);
  return folder;
}

}  // namespace

ResumeFolder::ResumeFolder(const fs::path& output, const std::string& key)
    : path_(made(folder_of(output))), key_(key), lock_(path_) {
  std::error_code error;
  const fs::path key_path = path_ / key_name;
  if (fs::exists(key_path, error)) {
    if (read_text_file(key_path) == key) return;
    discarded_ = true;
  }
  clear();
  write_file(key_path, key);
}

void ResumeFolder::clear() const {
  for (const auto& entry : fs::directory_iterator(path_)) {
    if (is_of_nybble(entry.path().filename().string()) && entry.is_regular_file()) continue;
    fail(ErrorKind::invalid_input,
         "{}: is needed for --resume and holds other things, '{}' for one; move them away",
         path_.string(), entry.path().filename().string());
  }
  // The key last: without it everything else means nothing.
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path_)) files.push_back(entry.path());
  std::ranges::stable_partition(files,
                                [](const auto& file) { return file.filename() != key_name; });
  for (const fs::path& file : files) fs::remove(file, error);
}

bool ResumeFolder::exists(const fs::path& output) {
  std::error_code error;
  return fs::exists(folder_of(output), error);
}

fs::path ResumeFolder::path_of(std::size_t i) const {
  return path_ / fmt::format("{}{:05}", tensor_prefix, i);
}

std::optional<KeptTensor> ResumeFolder::find(std::size_t i, std::uint64_t size) const {
  std::error_code error;
  const fs::path path = path_of(i);
  const std::uint64_t n_bytes = fs::file_size(path, error);
  if (error || n_bytes < size + sizeof(double)) return std::nullopt;
  KeptTensor tensor{MappedFile(path), {}, {}};
  tensor.bytes = tensor.file.bytes().first(static_cast<std::size_t>(size));
  const auto rest = tensor.file.bytes().subspan(tensor.bytes.size());
  std::memcpy(&tensor.result.relative_error, rest.data(), sizeof(double));
  const auto note = rest.subspan(sizeof(double));
  tensor.result.note.assign(reinterpret_cast<const char*>(note.data()), note.size());
  return tensor;
}

void ResumeFolder::finish(AtomicFile& file, const TensorResult& result) const {
  file.write(std::as_bytes(std::span(&result.relative_error, 1)));
  file.write(std::as_bytes(std::span(result.note)));
  file.commit();
}

void ResumeFolder::while_placing(const std::function<void()>& place) const {
  write_file(path_ / placing_name, "");
  try {
    place();
  } catch (...) {
    // What stands there now is not ours.
    std::error_code error;
    fs::remove(path_ / placing_name, error);
    throw;
  }
}

bool ResumeFolder::was_placing() const {
  std::error_code error;
  return fs::exists(path_ / placing_name, error);
}

void ResumeFolder::remove() const {
  clear();
  std::error_code error;
  fs::remove(path_, error);
}

}  // namespace nybble
