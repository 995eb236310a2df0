#include "files/edit_metadata.h"

#include <cstring>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mapped_file.h"
#include "files/checkpoint.h"
#include "files/gguf.h"
#include "files/safetensors_layout.h"

namespace nybble::files {
namespace {

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

void edit_gguf(const std::filesystem::path& path, const std::string& key, const std::string& text) {
  const MappedFile file(path);
  GgufFile content = parse_gguf(file.bytes(), path.string());
  content.metadata.set(key, text);
  std::vector<TensorPlan> plan;
  for (const NamedTensor& tensor : content.tensors)
    plan.push_back({tensor.name, tensor.data.format, tensor.data.shape});
  GgufWriter writer(path, true, content.metadata, plan);
  for (const NamedTensor& tensor : content.tensors) writer.write(tensor.data.bytes);
  writer.finish();
}

// The header is JSON that open_checkpoint() has read without complaint.
void edit_safetensors(const std::filesystem::path& path, const std::string& key,
                      const std::string& text) {
  const MappedFile file(path);
  std::uint64_t length = 0;
  std::memcpy(&length, file.bytes().data(), sizeof(length));
  const auto header_bytes = file.bytes().subspan(sizeof(length), length);
  OrderedJson header = parse_ordered_json(
      {reinterpret_cast<const char*>(header_bytes.data()), header_bytes.size()}, path.string());
  header[std::string(safetensors_metadata_key)][key] = text;
  std::string new_header = header.dump();
  new_header.resize((new_header.size() + 7) / 8 * 8, ' ');
  if (new_header.size() > safetensors_max_header) {
    fail(ErrorKind::invalid_input, "{}: the header would take {} bytes, expected at most {}",
         path.string(), new_header.size(), safetensors_max_header);
  }
  const auto new_length = std::uint64_t{new_header.size()};
  const auto data = file.bytes().subspan(sizeof(length) + length);
  AtomicFile out(path, true);
  out.reserve(sizeof(new_length) + new_length + data.size());
  out.write(std::as_bytes(std::span(&new_length, 1)));
  out.write(as_bytes(new_header));
  out.write(data);
  out.commit();
}

}  // namespace

void set_metadata_text(const std::filesystem::path& model, const std::string& key,
                       const std::string& text) {
  std::filesystem::path path;
  bool is_gguf = false;
  {
    const Checkpoint checkpoint = open_checkpoint(model);
    is_gguf = checkpoint.container == "gguf";
    const bool is_folder = std::filesystem::is_directory(checkpoint.path);
    const auto folder = is_folder ? checkpoint.path : checkpoint.path.parent_path();
    if (checkpoint.tensors.empty())
      fail(ErrorKind::unsupported, "{}: holds no tensors", model.string());
    path = is_gguf ? checkpoint.path : folder / checkpoint.tensors[0].file;
  }
  is_gguf ? edit_gguf(path, key, text) : edit_safetensors(path, key, text);
}

}  // namespace nybble::files
