// The state of a course in a file, from which it goes on bit for bit: values and moments of the
// student, its best values, what was measured so far.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "train/course_report.h"
#include "train/student.h"

namespace nybble::train {

// Where a course stands.
struct CourseState {
  int looks_in_vain = 0;
  CourseReport report;                   // its last point says how many steps are done
  std::vector<std::vector<float>> best;  // values of the student; empty: nothing was held out
};

class CourseFile {
 public:
  // key: what the course is of; a file of anything else is refused.
  CourseFile(std::filesystem::path path, std::string key)
      : path_(std::move(path)), key_(std::move(key)) {}

  // Whether there was one. The values of the student are then those of the file, and it is
  // refreshed. Throws Error(corrupt_file) for a file that is cut, changed or of another course,
  // before anything of the student changes.
  bool load(Student& student, CourseState& state) const;
  // Replaces the file; it is there whole or not at all. Throws Error(io).
  void save(Student& student, const CourseState& state) const;

 private:
  std::filesystem::path path_;
  std::string key_;
};

}  // namespace nybble::train
