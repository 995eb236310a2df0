// What a course measured.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace nybble::train {

struct CoursePoint {
  int step = 0;     // done so far
  double loss = 0;  // of the batch before that step; 0 at step 0
  std::optional<double> held_out;
};

struct CourseReport {
  std::vector<CoursePoint> points;
  int best_step = 0;
  double first = 0, best = 0;  // on held-out lessons
  std::int64_t tokens = 0;
  int resumed_step = 0;  // done before this run
};

}  // namespace nybble::train
