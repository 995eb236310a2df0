#include "train/course.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/freed_memory.h"
#include "base/pieces.h"

namespace nybble::train {

using gradients::for_each;
using gradients::ParameterView;

namespace {

// Whose norm is summed in pieces, so that it does not depend on the threads.
double squares_of(std::span<const float> values, ThreadPool& pool) {
  std::vector<double> sums(pieces_of(values.size()));
  for_pieces(values.size(), pool, [&](std::size_t first, std::size_t n) {
    double sum = 0;
    for (const float v : values.subspan(first, n)) sum += double{v} * double{v};
    sums[first / piece_len] = sum;
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

int length_of(std::span<const Lesson> lessons) {
  if (lessons.empty()) fail(ErrorKind::invalid_input, "training: there is no text to learn from");
  return static_cast<int>(lessons.front().tokens.size());
}

}  // namespace

Course::Course(Student& student, Objective& objective, std::span<const Lesson> lessons,
               std::span<const Lesson> held_out, const CourseOptions& options, ThreadPool& pool)
    : student_(student),
      objective_(objective),
      lessons_(lessons),
      held_out_(held_out),
      options_(options),
      pool_(pool),
      pass_(student.parameters(), length_of(lessons), pool, options.precision),
      gradients_(gradients::zero_gradients(
          student.parameters(), [&](const ParameterView& view) { return student.learns(view); })) {
  pass_.keep_traces(options.kept_layers);
}

// Where an earlier run stopped, or with a look at the student as it comes.
void Course::begin(const std::function<void(const CoursePoint&)>& on_point) {
  if (file_ != nullptr && file_->load(student_, state_)) return;
  CoursePoint start;
  look(start);
  state_.report.points.push_back(start);
  on_point(start);
}

CourseReport Course::run(const std::function<void(const CoursePoint&)>& on_point) {
  const KeepFreedMemory keep_freed_memory;
  begin(on_point);
  const auto is_over = [&] {
    return state_.report.points.back().step >= options_.steps ||
           (options_.patience > 0 && state_.looks_in_vain >= options_.patience);
  };
  try {
    while (!is_over()) {
      const int step = state_.report.points.back().step;
      CoursePoint point{.step = step + 1, .loss = learn(step), .held_out = {}};
      const bool looks = point.step % options_.check_every == 0 || point.step == options_.steps;
      if (looks) look(point);
      state_.report.points.push_back(point);
      if (looks) save();
      on_point(point);
    }
  } catch (...) {
    restore();
    throw;
  }
  restore();
  return state_.report;
}

template <class Action>
void Course::for_gradients(const Action& action) {
  for_each(gradients_, [&](const ParameterView& view) {
    for_pieces(view.values.size(), pool_, [&](std::size_t first, std::size_t n) {
      for (float& value : std::span(view.values).subspan(first, n)) value = action(value);
    });
  });
}

double Course::learn(int step) {
  for_gradients([](float) { return 0.0f; });
  std::vector<const Lesson*> batch;
  for (const std::size_t i : lessons_of_step(step, options_.batch, lessons_.size(), options_.seed))
    batch.push_back(&lessons_[i]);
  const double loss = loss_of(batch, true);
  if (!std::isfinite(loss)) {
    fail(ErrorKind::invalid_input,
         "training: the loss of step {} is {}; the model is kept as it was best. Lower the rate",
         step + 1, loss);
  }
  check_gradients(step);
  student_.learn(gradients_, rate_at(step, options_));
  state_.report.tokens += static_cast<std::int64_t>(batch.size() * batch.front()->tokens.size());
  return loss;
}

// The mean loss; with `back`, its gradient is added.
double Course::loss_of(std::span<const Lesson* const> lessons, bool back) {
  double sum = 0;
  const auto together = static_cast<std::size_t>(options_.together);
  for (std::size_t first = 0; first < lessons.size(); first += together) {
    const auto some = lessons.subspan(first, std::min(together, lessons.size() - first));
    const std::vector<const Lesson*> batch(some.begin(), some.end());
    const double part = static_cast<double>(batch.size()) / static_cast<double>(lessons.size());
    sum += part *
           objective_.loss(batch, pass_, static_cast<float>(part), back ? &gradients_ : nullptr);
  }
  return sum;
}

void Course::look(CoursePoint& point) {
  if (held_out_.empty()) return;
  std::vector<const Lesson*> all;
  for (const Lesson& lesson : held_out_) all.push_back(&lesson);
  point.held_out = loss_of(all, false);
  CourseReport& report = state_.report;
  if (point.step == 0) report.first = *point.held_out;
  if (point.step == 0 || *point.held_out < report.best) {
    report.best = *point.held_out;
    report.best_step = point.step;
    keep();
  }
  state_.looks_in_vain = report.best_step == point.step ? 0 : state_.looks_in_vain + 1;
}

void Course::check_gradients(int step) {
  double squares = 0;
  for_each(gradients_, [&](const ParameterView& view) {
    const double own = squares_of(view.values, pool_);
    if (!std::isfinite(own)) {
      fail(ErrorKind::invalid_input,
           "training: the gradient by '{}' in step {} is not finite; the model is kept as it was "
           "best. Lower the rate",
           view.name, step + 1);
    }
    squares += own;
  });
  const double norm = std::sqrt(squares);
  if (options_.clip <= 0 || norm <= double{options_.clip}) return;
  const float factor = static_cast<float>(double{options_.clip} / norm);
  for_gradients([=](float value) { return value * factor; });
}

void Course::keep() {
  std::size_t i = 0;
  student_.visit_values([&](std::span<float> values) {
    if (i == state_.best.size()) state_.best.emplace_back();
    state_.best[i++].assign(values.begin(), values.end());
  });
}

void Course::save() {
  if (file_ != nullptr) file_->save(student_, state_);
}

void Course::restore() {
  if (state_.best.empty()) return;
  std::size_t i = 0;
  student_.visit_values(
      [&](std::span<float> values) { std::ranges::copy(state_.best[i++], values.begin()); });
  student_.refresh();
}

}  // namespace nybble::train
