// Courses: what they learn, that they stop for numbers that are none, the schedule.
#include "train/course.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error_check.h"
#include "train/small_course.h"

namespace nybble::train {
namespace {

using testing::HasSubstr;

constexpr int length = 12;

CourseOptions options_of(int steps) {
  return {.steps = steps,
          .batch = 4,
          .warmup = 1,
          .fall = Fall::cosine,
          .clip = 1,
          .check_every = 3,
          .seed = 7};
}

CourseReport run_adapter(AdapterStudent& student, const CourseOptions& options, ThreadPool& pool) {
  const auto learned = small_lessons(16, length), held = small_lessons(3, length);
  const auto objective = answers();
  return Course(student, *objective, learned, held, options, pool).run([](const auto&) {});
}

TEST(Course, teaches_an_adapter_and_nothing_else) {
  ThreadPool pool(2);
  AdapterStudent student = small_adapter(pool);
  gradients::Parameters before = small_parameters(pool);
  const CourseReport report = run_adapter(student, options_of(30), pool);
  EXPECT_LT(report.best, 0.8 * report.first);
  EXPECT_EQ(report.points.size(), 31u);
  gradients::Parameters after = student.parameters();
  std::map<std::string, std::vector<float>> now;
  gradients::for_each(after, [&](const auto& view) { now[view.name] = view.values; });
  gradients::for_each(before, [&](const auto& view) { EXPECT_EQ(now.at(view.name), view.values); });
  EXPECT_EQ(now.size(), 20u + 2 * 14u);
}

TEST(Course, gives_the_same_bits_on_any_number_of_threads) {
  std::vector<std::vector<std::vector<float>>> values;
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    AdapterStudent student = small_adapter(pool);
    run_adapter(student, options_of(5), pool);
    values.push_back(values_of(student));
  }
  EXPECT_EQ(values[0], values[1]);
}

TEST(Course, accumulates_the_gradient_of_smaller_batches) {
  ThreadPool pool(2);
  std::vector<double> losses;
  for (const int together : {4, 1}) {
    CourseOptions options = options_of(6);
    options.together = together;
    AdapterStudent student = small_adapter(pool, {.rate = 1e-3f});
    losses.push_back(run_adapter(student, options, pool).best);
  }
  EXPECT_NEAR(losses[0], losses[1], 1e-4 * losses[0]);
}

TEST(Course, stops_when_the_loss_is_no_number) {
  ThreadPool pool(2);
  gradients::Parameters parameters = small_parameters(pool);
  parameters.layers[1].up.weight.values[5] = std::numeric_limits<float>::quiet_NaN();
  AdapterStudent student(std::move(parameters), {.rank = 2, .targets = {"q_proj"}}, pool);
  const auto before = values_of(student);
  expect_error([&] { run_adapter(student, options_of(3), pool); }, ErrorKind::invalid_input,
               HasSubstr("the loss of step 1 is nan"));
  EXPECT_EQ(values_of(student), before);
}

// Its gradient is infinite from the third loss on.
class Exploding : public Objective {
 public:
  double loss(const std::vector<const Lesson*>& batch, gradients::DecoderPass& student,
              float factor, gradients::Parameters* gradients) override {
    const double loss = answers_->loss(batch, student, factor, gradients);
    if (gradients != nullptr && ++calls_ > 2)
      gradients->layers[0].q.down.row(0)[0] = std::numeric_limits<float>::infinity();
    return loss;
  }

 private:
  std::unique_ptr<Objective> answers_ = answers();
  int calls_ = 0;
};

TEST(Course, stops_when_a_gradient_is_no_number_and_keeps_the_best) {
  ThreadPool pool(2);
  AdapterStudent student = small_adapter(pool);
  const auto lessons = small_lessons(8, length);
  Exploding objective;
  CourseOptions options = options_of(6);
  options.check_every = 1;
  std::vector<std::vector<float>> best;
  Course course(student, objective, lessons, lessons, options, pool);
  const auto run = [&] {
    course.run([&](const CoursePoint& point) {
      if (point.step == 2) best = values_of(student);
    });
  };
  expect_error(run, ErrorKind::invalid_input,
               testing::AllOf(HasSubstr("the gradient by 'blk."), HasSubstr("lora_"),
                              HasSubstr("in step 3 is not finite")));
  EXPECT_EQ(values_of(student), best);
}

TEST(Course, takes_each_lesson_once_in_an_epoch) {
  std::vector<std::size_t> seen;
  for (int step = 0; step < 5; ++step)
    for (const std::size_t i : lessons_of_step(step, 2, 10, 3)) seen.push_back(i);
  std::ranges::sort(seen);
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], i);
  EXPECT_NE(lessons_of_step(0, 10, 10, 3), lessons_of_step(1, 10, 10, 3));
}

TEST(Course, warms_up_and_falls) {
  const CourseOptions options{.steps = 12, .warmup = 2, .fall = Fall::cosine};
  EXPECT_FLOAT_EQ(rate_at(0, options), 0.5f);
  EXPECT_FLOAT_EQ(rate_at(2, options), 1);
  EXPECT_FLOAT_EQ(rate_at(7, options), 0.5f);
  EXPECT_NEAR(rate_at(11, options), 0.02447f, 1e-4);
}

TEST(AdapterStudent, refuses_what_no_model_has) {
  ThreadPool pool(1);
  const auto make = [&](const AdapterOptions& options) {
    return [&pool, options] { AdapterStudent(small_parameters(pool), options, pool); };
  };
  expect_error(make({.rank = 2, .targets = {"attn_x"}}), ErrorKind::invalid_input,
               testing::AllOf(HasSubstr("'attn_x'"), HasSubstr("attn_q (q_proj)")));
  expect_error(make({.rank = 0, .targets = {}}), ErrorKind::invalid_input, HasSubstr("of rank 0"));
  expect_error(make({.rank = 33, .targets = {"attn_k"}}), ErrorKind::invalid_input,
               HasSubstr("expected 1 to 32 for attn_k [32, 64]"));
}

}  // namespace
}  // namespace nybble::train
