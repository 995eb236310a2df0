// Finished work of `quantize` and `train`, kept beside the output until that is whole: OUT.resume/
// holds the key of the work, the statistics, the state of what learns, its lessons and one file a
// tensor, each of which is there whole or not at all.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/atomic_file.h"
#include "base/folder_lock.h"
#include "base/mapped_file.h"

namespace nybble {

// How well a tensor was encoded, and how.
struct TensorResult {
  double relative_error = 0;
  std::string note;
};

// A tensor of an earlier run. Views live as long as it does.
struct KeptTensor {
  MappedFile file;
  std::span<const std::byte> bytes;
  TensorResult result;
};

class ResumeFolder {
 public:
  // Makes the folder, or goes on with the work under the same key; work under another one is
  // discarded. `key` says everything that decides the bytes. Throws Error(invalid_input) when
  // another process works there, or when the folder holds what is not of nybble.
  ResumeFolder(const std::filesystem::path& output, const std::string& key);

  static bool exists(const std::filesystem::path& output);
  // Whether there was work under another key.
  bool discarded() const { return discarded_; }
  const std::string& key() const { return key_; }
  std::filesystem::path statistics() const { return path_ / "statistics.gguf"; }
  // The state of what learns (train/course_file.h).
  std::filesystem::path training() const { return path_ / "training"; }
  // What it learns from (train/lesson_file.h).
  std::filesystem::path lessons() const { return path_ / "lessons"; }
  // The i-th tensor of `size` bytes, if it was finished.
  std::optional<KeptTensor> find(std::size_t i, std::uint64_t size) const;
  // Where the bytes of the i-th tensor go.
  AtomicFile begin(std::size_t i) const { return {path_of(i), true}; }
  // Once they are written.
  void finish(AtomicFile& file, const TensorResult& result) const;
  // Runs `place`, which puts the finished output under its name. A run that is killed while it does
  // leaves some or all of the output behind, which the next one may replace: see was_placing().
  void while_placing(const std::function<void()>& place) const;
  bool was_placing() const;
  void remove() const;

 private:
  std::filesystem::path path_of(std::size_t i) const;
  void clear() const;

  std::filesystem::path path_;
  std::string key_;
  FolderLock lock_;
  bool discarded_ = false;
};

}  // namespace nybble
