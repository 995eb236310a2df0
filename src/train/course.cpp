#include "train/course.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/error.h"
#include "base/random.h"

namespace nybble::train {

using gradients::for_each;
using gradients::ParameterView;

namespace {

std::vector<std::size_t> shuffled(std::size_t n, std::uint64_t seed) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = n; i > 1; --i)
    std::swap(order[i - 1], order[random_below(seed, static_cast<std::uint32_t>(i))]);
  return order;
}

// Whose norm is summed in pieces, so that it does not depend on the threads.
double squares_of(std::span<const float> values, ThreadPool& pool) {
  constexpr std::size_t piece = 1 << 16;
  std::vector<double> sums((values.size() + piece - 1) / piece);
  pool.run(static_cast<std::int64_t>(sums.size()), [&](std::int64_t i, int) {
    const std::size_t first = static_cast<std::size_t>(i) * piece;
    double sum = 0;
    for (const float v : values.subspan(first, std::min(piece, values.size() - first)))
      sum += double{v} * double{v};
    sums[static_cast<std::size_t>(i)] = sum;
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

int length_of(std::span<const Lesson> lessons) {
  if (lessons.empty()) fail(ErrorKind::invalid_input, "training: there is no text to learn from");
  return static_cast<int>(lessons.front().tokens.size());
}

}  // namespace

std::vector<std::size_t> lessons_of_step(int step, int batch, std::size_t n, std::uint64_t seed) {
  std::vector<std::size_t> chosen, order;
  std::size_t epoch = ~std::size_t{0};
  for (int i = 0; i < batch; ++i) {
    const std::size_t at = static_cast<std::size_t>(step) * static_cast<std::size_t>(batch) +
                           static_cast<std::size_t>(i);
    if (at / n != epoch) {
      epoch = at / n;
      std::uint64_t state = seed + epoch;
      order = shuffled(n, splitmix64(state));
    }
    chosen.push_back(order[at % n]);
  }
  return chosen;
}

float rate_at(int step, const CourseOptions& options) {
  if (step < options.warmup)
    return static_cast<float>(step + 1) / static_cast<float>(options.warmup);
  const double done = static_cast<double>(step - options.warmup) /
                      std::max(1.0, static_cast<double>(options.steps - options.warmup));
  if (options.fall == Fall::linear) return static_cast<float>(1 - done);
  return static_cast<float>((1 + std::cos(std::numbers::pi * done)) / 2);
}

Course::Course(Student& student, Objective& objective, std::span<const Lesson> lessons,
               std::span<const Lesson> held_out, const CourseOptions& options, ThreadPool& pool)
    : student_(student),
      objective_(objective),
      lessons_(lessons),
      held_out_(held_out),
      options_(options),
      pool_(pool),
      pass_(student.parameters(), length_of(lessons), pool),
      gradients_(gradients::zero_gradients(
          student.parameters(), [&](const ParameterView& view) { return student.learns(view); })) {
  pass_.keep_traces(options.kept_layers);
}

CourseReport Course::run(const std::function<void(const CoursePoint&)>& on_point) {
  CoursePoint start;
  look(start);
  on_point(start);
  int looks_in_vain = 0;
  try {
    for (int step = 0; step < options_.steps; ++step) {
      CoursePoint point{.step = step + 1, .loss = learn(step), .held_out = {}};
      if (point.step % options_.check_every == 0 || point.step == options_.steps) {
        look(point);
        looks_in_vain = report_.best_step == point.step ? 0 : looks_in_vain + 1;
      }
      on_point(point);
      if (options_.patience > 0 && looks_in_vain >= options_.patience) break;
    }
  } catch (...) {
    restore();
    throw;
  }
  restore();
  return report_;
}

double Course::learn(int step) {
  for_each(gradients_, [&](const ParameterView& view) { std::ranges::fill(view.values, 0.0f); });
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
  report_.tokens += static_cast<std::int64_t>(batch.size() * batch.front()->tokens.size());
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
    const auto x = pass_.forth(tokens_of(batch));
    std::vector<float> d_x(back ? x.size() : 0);
    sum += part * objective_.loss(batch, {student_.parameters(), x}, static_cast<float>(part), d_x,
                                  gradients_, pass_);
    if (back) pass_.back(d_x, gradients_);
  }
  return sum;
}

void Course::look(CoursePoint& point) {
  if (held_out_.empty()) return;
  std::vector<const Lesson*> all;
  for (const Lesson& lesson : held_out_) all.push_back(&lesson);
  point.held_out = loss_of(all, false);
  if (point.step == 0) report_.first = *point.held_out;
  if (point.step == 0 || *point.held_out < report_.best) {
    report_.best = *point.held_out;
    report_.best_step = point.step;
    keep();
  }
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
  for_each(gradients_, [&](const ParameterView& view) {
    for (float& value : view.values) value *= factor;
  });
}

void Course::keep() {
  std::size_t i = 0;
  student_.visit_values([&](std::span<float> values) {
    if (i == kept_.size()) kept_.emplace_back();
    kept_[i++].assign(values.begin(), values.end());
  });
}

void Course::restore() {
  if (kept_.empty()) return;
  std::size_t i = 0;
  student_.visit_values(
      [&](std::span<float> values) { std::ranges::copy(kept_[i++], values.begin()); });
  student_.refresh();
}

}  // namespace nybble::train
