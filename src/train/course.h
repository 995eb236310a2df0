// A course: batches of lessons in a shuffled order, held-out lessons that say when it was best.
#pragma once

#include "train/course_file.h"
#include "train/objective.h"
#include "train/schedule.h"

namespace nybble::train {

class Course {
 public:
  // All lessons have the same number of tokens. Everything must outlive the course.
  Course(Student& student, Objective& objective, std::span<const Lesson> lessons,
         std::span<const Lesson> held_out, const CourseOptions& options, ThreadPool& pool);
  // At each look the state goes to the file, and run() goes on from what it finds there: with the
  // bits of a course that was never stopped. Its key must say all that decides these.
  void keep_in(const CourseFile& file) { file_ = &file; }

  // Learns, and leaves the student as it was best on the held-out lessons, which may be as it came;
  // without any, as it is at the end. on_point may throw to stop; it is not told of the points of
  // an earlier run. Throws Error(invalid_input) for a
  // loss or gradient that is not finite, naming the step and the tensor; the student is then the
  // best so far.
  CourseReport run(const std::function<void(const CoursePoint&)>& on_point);

 private:
  double learn(int step);
  double loss_of(std::span<const Lesson* const> lessons, bool back);
  void look(CoursePoint& point);
  // Each becomes what action makes of it.
  template <class Action>
  void for_gradients(const Action& action);
  void check_gradients(int step);
  void begin(const std::function<void(const CoursePoint&)>& on_point);
  void keep();
  void save();
  void restore();

  Student& student_;
  Objective& objective_;
  std::span<const Lesson> lessons_, held_out_;
  CourseOptions options_;
  ThreadPool& pool_;
  gradients::DecoderPass pass_;
  gradients::Parameters gradients_;
  const CourseFile* file_ = nullptr;
  CourseState state_;
};

}  // namespace nybble::train
