#include <map>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "files/gguf.h"
#include "files/gguf_layout.h"
#include "files/shard_name.h"

namespace nybble::files {
namespace {

namespace fs = std::filesystem;

struct OpenedFile {
  std::shared_ptr<const MappedFile> mapping;
  GgufFile content;
};

OpenedFile open_file(const fs::path& path) {
  auto mapping = std::make_shared<const MappedFile>(path);
  GgufFile content = parse_gguf(mapping->bytes(), path.string());
  return {std::move(mapping), std::move(content)};
}

void add_file(OpenedFile file, Checkpoint& checkpoint) {
  checkpoint.file_bytes += file.mapping->bytes().size();
  checkpoint.tensors.insert(checkpoint.tensors.end(),
                            std::make_move_iterator(file.content.tensors.begin()),
                            std::make_move_iterator(file.content.tensors.end()));
  checkpoint.owners.push_back(std::move(file.mapping));
}

// The shard of this number (from 1), whatever its name says of it.
OpenedFile open_shard(const fs::path& path, int number, int count) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    fail(ErrorKind::io, "{}: shard {} of {} is missing; put all shards into one folder",
         path.string(), number, count);
  }
  OpenedFile shard = open_file(path);
  const std::uint64_t found_number = shard.content.metadata.get_uint(split_number_key) + 1;
  const std::uint64_t found_count = shard.content.metadata.get_uint(split_count_key);
  if (found_number != static_cast<std::uint64_t>(number) ||
      found_count != static_cast<std::uint64_t>(count)) {
    fail(ErrorKind::corrupt_file,
         "{}: expected shard {} of {} by its name, found shard {} of {} inside; was the file "
         "renamed?",
         path.string(), number, count, found_number, found_count);
  }
  return shard;
}

void refuse_other_model(const Metadata& first, const Metadata& shard) {
  for (const std::string_view key : {"general.architecture", "general.name"}) {
    if (first.find(key) == nullptr || shard.find(key) == nullptr) continue;
    if (first.get_string(key) != shard.get_string(key)) {
      fail(ErrorKind::corrupt_file,
           "{}: is a shard of another model: {} is '{}', expected '{}' as in the first shard",
           shard.where(), key, shard.get_string(key), first.get_string(key));
    }
  }
}

void refuse_duplicates(const Checkpoint& checkpoint) {
  std::map<std::string_view, std::string_view> files;
  for (const NamedTensor& tensor : checkpoint.tensors) {
    const auto [place, is_new] = files.try_emplace(tensor.name, tensor.file);
    if (!is_new) {
      fail(ErrorKind::corrupt_file,
           "{}: tensor '{}' stands in both {} and {}; are the shards of one model?",
           checkpoint.path.string(), tensor.name, place->second, tensor.file);
    }
  }
}

Checkpoint open_split(const fs::path& path, std::uint64_t count) {
  const auto name = parse_shard_name(path.filename().string());
  if (!name || static_cast<std::uint64_t>(name->count) != count) {
    fail(ErrorKind::invalid_input,
         "{}: is one of {} shards, expected a name ending in -00001-of-{:05}.gguf, by which "
         "the others can be found",
         path.string(), count, count);
  }
  Checkpoint checkpoint;
  for (int number = 1; number <= name->count; ++number) {
    const fs::path shard_path = path.parent_path() / name->with_number(number);
    OpenedFile shard = open_shard(shard_path, number, name->count);
    if (number == 1) {
      checkpoint.path = shard_path;
      checkpoint.container_version = shard.content.version;
      checkpoint.metadata = shard.content.metadata;
    } else {
      refuse_other_model(checkpoint.metadata, shard.content.metadata);
    }
    add_file(std::move(shard), checkpoint);
  }
  checkpoint.n_files = name->count;
  refuse_duplicates(checkpoint);
  const std::uint64_t expected =
      checkpoint.metadata.get_uint(split_tensors_key, checkpoint.tensors.size());
  if (checkpoint.tensors.size() != expected) {
    fail(ErrorKind::corrupt_file, "{}: expected {} tensors in all shards, found {}",
         checkpoint.path.string(), expected, checkpoint.tensors.size());
  }
  // A model that was put together again is split no longer.
  for (const std::string_view key : {split_number_key, split_count_key, split_tensors_key}) {
    checkpoint.metadata.erase(key);
  }
  return checkpoint;
}

}  // namespace

Checkpoint open_gguf(const fs::path& path) {
  OpenedFile file = open_file(path);
  const std::uint64_t shards = file.content.metadata.get_uint(split_count_key, 1);
  Checkpoint checkpoint;
  if (shards > 1) {
    checkpoint = open_split(path, shards);
  } else {
    checkpoint.path = path;
    checkpoint.container_version = file.content.version;
    checkpoint.metadata = std::move(file.content.metadata);
    add_file(std::move(file), checkpoint);
  }
  checkpoint.container = "gguf";
  return checkpoint;
}

}  // namespace nybble::files
