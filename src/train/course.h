// A course: batches of lessons in a shuffled order, held-out lessons that say when it was best.
#pragma once

#include <optional>

#include "train/objective.h"
#include "train/student.h"

namespace nybble::train {

// How the rate falls after the warm-up. On 300 k tokens a line left 0.97 of what a cosine did.
enum class Fall { linear, cosine };

struct CourseOptions {
  int steps = 0;
  int batch = 4;     // lessons that one step learns from
  int together = 4;  // of these, so many run together; the others one after the other
  int warmup = 0;    // steps until the full rate, after which it falls to 0
  Fall fall = Fall::linear;
  float clip = 0;        // the largest norm of a gradient; 0: any
  int check_every = 10;  // steps from one look at the held-out lessons to the next
  int kept_layers = 0;   // DecoderPass::keep_traces
  int patience = 0;      // looks without a better one after which it stops; 0: never
  std::uint64_t seed = 0;
};

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
};

class Course {
 public:
  // All lessons have the same number of tokens. Everything must outlive the course.
  Course(Student& student, Objective& objective, std::span<const Lesson> lessons,
         std::span<const Lesson> held_out, const CourseOptions& options, ThreadPool& pool);

  // Learns, and leaves the student as it was best on the held-out lessons, which may be as it came;
  // without any, as it is at the end. on_point may throw to stop. Throws Error(invalid_input) for a
  // loss or gradient that is not finite, naming the step and the tensor; the student is then the
  // best so far.
  CourseReport run(const std::function<void(const CoursePoint&)>& on_point);

 private:
  double learn(int step);
  double loss_of(std::span<const Lesson* const> lessons, bool back);
  void look(CoursePoint& point);
  void check_gradients(int step);
  void keep();
  void restore();

  Student& student_;
  Objective& objective_;
  std::span<const Lesson> lessons_, held_out_;
  CourseOptions options_;
  ThreadPool& pool_;
  gradients::DecoderPass pass_;
  gradients::Parameters gradients_;
  std::vector<std::vector<float>> kept_;
  CourseReport report_;
};

// The lessons of a step: each once in an epoch, in an order that depends on the seed and the epoch.
std::vector<std::size_t> lessons_of_step(int step, int batch, std::size_t n, std::uint64_t seed);
// The share of the full rate at a step.
float rate_at(int step, const CourseOptions& options);

}  // namespace nybble::train
