// Learning on the lattice of a quantized decoder.
#include "train/tuned_student.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "train/course.h"
#include "train/train_test.h"

namespace nybble::train {
namespace {

using gradients::Parameters;
using gradients::ParameterView;

FormatId format_named(std::string_view name) {
  return *formats::find_by_name(name);
}

// All matrices of a decoder in a format, by its own search.
std::vector<EncodedMatrix> encode(const Parameters& parameters, FormatId format) {
  Parameters copy = parameters;
  std::vector<EncodedMatrix> matrices;
  gradients::for_each(copy, [&](const ParameterView& view) {
    if (view.rows == 1) return;
    EncodedMatrix matrix{view.name, format, view.rows, view.cols, {}};
    const formats::FormatInfo& info = formats::info(format);
    matrix.blocks.resize(matrix.n_blocks() * static_cast<std::size_t>(info.block_bytes));
    info.encode(view.values.data(), nullptr, matrix.n_blocks(), matrix.blocks.data());
    matrices.push_back(std::move(matrix));
  });
  return matrices;
}

std::vector<float> decoded(const EncodedMatrix& matrix, ThreadPool& pool) {
  std::vector<float> values(static_cast<std::size_t>(matrix.rows) *
                            static_cast<std::size_t>(matrix.cols));
  matrix.decode(values.data(), pool);
  return values;
}

class TunedStudentOf : public testing::TestWithParam<const char*> {
 protected:
  ThreadPool pool_{2};
  Parameters teacher_ = tiny_decoder(1);
  FormatId format_ = format_named(GetParam());
  std::vector<EncodedMatrix> matrices_ = encode(teacher_, format_);
  std::vector<Lesson> lessons_ = random_lessons(12, 16, 48, 5), held_ = lessons_;

  CourseReport run(TunedStudent& student, int steps) {
    const auto objective = distillation(teacher_, 16, pool_);
    Course course(student, *objective, lessons_, held_,
                  {.steps = steps, .batch = 4, .check_every = 10}, pool_);
    return course.run([](const CoursePoint&) {});
  }
};

}  // namespace

TEST_P(TunedStudentOf, begins_as_the_blocks_are) {
  TunedStudent student(teacher_, matrices_, {}, pool_);
  student.refresh();
  for (std::size_t i = 0; i < matrices_.size(); ++i) {
    for (const EncodedMatrix& matrix : student.matrices())
      if (matrix.name == matrices_[i].name) EXPECT_EQ(matrix.blocks, matrices_[i].blocks);
  }
}

TEST_P(TunedStudentOf, learns_and_computes_what_its_blocks_hold) {
  TunedStudent student(teacher_, matrices_, {.block_floats = 0.02f, .norms = 0.01f, .codes = 4e-3f},
                       pool_);
  const CourseReport report = run(student, 30);
  EXPECT_LT(report.best, 0.9 * report.first);
  Parameters parameters = student.parameters();
  std::map<std::string, std::vector<float>> held;
  gradients::for_each(parameters,
                      [&](const ParameterView& view) { held[view.name] = view.values; });
  for (const EncodedMatrix& matrix : student.matrices())
    EXPECT_EQ(held.at(matrix.name), decoded(matrix, pool_)) << matrix.name;
}

TEST_P(TunedStudentOf, gives_the_same_bits_for_any_number_of_threads) {
  const auto blocks = [&](int threads) {
    ThreadPool pool(threads);
    TunedStudent student(teacher_, matrices_, {}, pool);
    const auto objective = distillation(teacher_, 16, pool);
    Course course(student, *objective, lessons_, held_, {.steps = 3, .batch = 4}, pool);
    course.run([](const CoursePoint&) {});
    std::vector<std::byte> all;
    for (const EncodedMatrix& matrix : student.matrices())
      all.insert(all.end(), matrix.blocks.begin(), matrix.blocks.end());
    return all;
  };
  EXPECT_EQ(blocks(1), blocks(3));
}

TEST_P(TunedStudentOf, never_ends_worse_than_it_began) {
  // Far too high rates.
  TunedStudent student(teacher_, matrices_, {.block_floats = 9, .norms = 9, .codes = 3}, pool_);
  const auto before = student.parameters().layers[0].q.weight.values;
  const CourseReport report = run(student, 6);
  EXPECT_EQ(report.best_step, 0);
  EXPECT_EQ(report.best, report.first);
  EXPECT_EQ(student.parameters().layers[0].q.weight.values, before);
}

// As in a directory of Hugging Face, where rows of q and k stand in another order.
TEST_P(TunedStudentOf, follows_the_order_of_rows) {
  std::vector<EncodedMatrix> reversed = matrices_;
  for (EncodedMatrix& matrix : reversed) {
    const auto in_order = matrix.blocks;
    const auto size = static_cast<std::ptrdiff_t>(matrix.row_bytes());
    for (int row = 0; row < matrix.rows; ++row) {
      matrix.row_order.push_back(matrix.rows - 1 - row);
      std::copy_n(in_order.begin() + (matrix.rows - 1 - row) * size, size,
                  matrix.blocks.begin() + row * size);
    }
  }
  TunedStudent plain(teacher_, matrices_, {}, pool_), other(teacher_, reversed, {}, pool_);
  run(plain, 3);
  run(other, 3);
  EXPECT_EQ(plain.parameters().layers[0].q.weight.values,
            other.parameters().layers[0].q.weight.values);
}

INSTANTIATE_TEST_SUITE_P(formats, TunedStudentOf,
                         testing::Values("Q2_K", "Q3_K", "Q4_K", "Q5_0", "IQ4_XS", "NF4",
                                         "IQ3_XXS"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Course, takes_each_lesson_once_in_an_epoch) {
  std::vector<std::size_t> seen;
  for (int step = 0; step < 5; ++step)
    for (const std::size_t i : lessons_of_step(step, 2, 10, 3)) seen.push_back(i);
  std::ranges::sort(seen);
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], i);
  EXPECT_NE(lessons_of_step(0, 10, 10, 3), lessons_of_step(1, 10, 10, 3));
}

TEST(Course, warms_up_and_falls) {
  const CourseOptions line{.steps = 100, .warmup = 10};
  EXPECT_FLOAT_EQ(rate_at(0, line), 0.1f);
  EXPECT_FLOAT_EQ(rate_at(9, line), 1.0f);
  EXPECT_FLOAT_EQ(rate_at(55, line), 0.5f);
  CourseOptions cosine = line;
  cosine.fall = Fall::cosine;
  EXPECT_NEAR(rate_at(55, cosine), 0.5f, 1e-6f);
  EXPECT_GT(rate_at(20, cosine), rate_at(20, line));
}

// Two halves of a batch one after the other learn what they do together, up to rounding.
TEST(Course, accumulates_gradients) {
  ThreadPool pool(2);
  const Parameters teacher = tiny_decoder(1);
  const auto lessons = random_lessons(4, 16, 48, 5);
  const auto norms = [&](int together) {
    TunedStudent student(teacher, encode(teacher, format_named("Q2_K")), {.codes = 0}, pool);
    const auto objective = distillation(teacher, 16, pool);
    Course course(student, *objective, lessons, {}, {.steps = 1, .batch = 4, .together = together},
                  pool);
    course.run([](const CoursePoint&) {});
    return student.parameters().output_norm;
  };
  const auto whole = norms(4), halves = norms(2);
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(whole[i], halves[i], 1e-5f);
}

TEST(Course, stops_at_a_loss_that_is_not_finite_and_keeps_the_best) {
  ThreadPool pool(2);
  const Parameters teacher = tiny_decoder(1);
  Parameters broken = teacher;
  broken.layers[0].attention_norm[3] = std::numeric_limits<float>::quiet_NaN();
  const auto lessons = random_lessons(4, 16, 48, 5);
  TunedStudent student(teacher, encode(teacher, format_named("Q4_K")), {}, pool);
  const auto before = student.parameters().output_norm;
  const auto objective = distillation(broken, 16, pool);
  Course course(student, *objective, lessons, {}, {.steps = 3, .batch = 2}, pool);
  try {
    course.run([](const CoursePoint&) {});
    FAIL() << "it went on";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("step 1"), std::string::npos) << error.what();
  }
  EXPECT_EQ(student.parameters().output_norm, before);
}

}  // namespace nybble::train
