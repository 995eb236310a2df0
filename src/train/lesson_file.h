// Lessons in a file, for a training that goes on: what a model wrote takes long to write again.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "train/objective.h"

namespace nybble::train {

class LessonFile {
 public:
  // key: what the lessons are of; a file of anything else is refused.
  LessonFile(std::filesystem::path path, std::string key)
      : path_(std::move(path)), key_(std::move(key)) {}

  // Nothing where there is none. Throws Error(corrupt_file) for a file that is cut, changed or of
  // something else.
  std::optional<LessonSets> load() const;
  // Lessons without labels. Replaces the file; it is there whole or not at all. Throws Error(io).
  void save(const LessonSets& lessons) const;

 private:
  std::filesystem::path path_;
  std::string key_;
};

}  // namespace nybble::train
