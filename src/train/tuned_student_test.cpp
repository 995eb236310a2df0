// Learning on the lattice of a quantized decoder.
#include "train/tuned_student.h"

#include <gtest/gtest.h>

#include <algorithm>

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

std::vector<float> decoded(const EncodedMatrix& matrix) {
  std::vector<float> values(static_cast<std::size_t>(matrix.rows) *
                            static_cast<std::size_t>(matrix.cols));
  matrix.decode({0, matrix.rows}, values.data());
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
                  {.steps = steps, .batch = 4, .check_every = 4}, pool_);
    return course.run([](const CoursePoint&) {});
  }
};

// What does not depend on the format.
class TunedQ2 : public TunedStudentOf {};

}  // namespace

TEST_P(TunedStudentOf, begins_as_the_blocks_are) {
  TunedStudent student(teacher_, matrices_, {}, pool_);
  student.refresh();
  for (std::size_t i = 0; i < matrices_.size(); ++i) {
    for (const EncodedMatrix& matrix : student.matrices()) {
      if (matrix.name != matrices_[i].name) continue;
      EXPECT_EQ(matrix.blocks, matrices_[i].blocks) << matrix.name;
    }
  }
}

TEST_P(TunedStudentOf, learns_and_computes_what_its_blocks_hold) {
  TunedStudent student(teacher_, matrices_, {.block_floats = 0.02f, .norms = 0.01f, .codes = 4e-3f},
                       pool_);
  const CourseReport report = run(student, 12);
  EXPECT_LT(report.best, report.first);
  Parameters parameters = student.parameters();
  std::map<std::string, std::vector<float>> held;
  gradients::for_each(parameters,
                      [&](const ParameterView& view) { held[view.name] = view.values; });
  for (const EncodedMatrix& matrix : student.matrices())
    EXPECT_EQ(held.at(matrix.name), decoded(matrix)) << matrix.name;
}

TEST_P(TunedQ2, gives_the_same_bits_for_any_number_of_threads) {
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

TEST_P(TunedQ2, never_ends_worse_than_it_began) {
  // Far too high rates.
  TunedStudent student(teacher_, matrices_, {.block_floats = 9, .norms = 9, .codes = 3}, pool_);
  const auto before = student.parameters().layers[0].q.weight.values;
  const CourseReport report = run(student, 6);
  EXPECT_EQ(report.best_step, 0);
  EXPECT_EQ(report.best, report.first);
  EXPECT_EQ(student.parameters().layers[0].q.weight.values, before);
}

// As in a directory of Hugging Face, where rows of q and k stand in another order.
TEST_P(TunedQ2, follows_the_order_of_rows) {
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
                         testing::Values("Q2_K", "Q4_K", "IQ4_XS", "NF4", "IQ3_XXS"),
                         [](const auto& one) { return std::string(one.param); });
INSTANTIATE_TEST_SUITE_P(formats, TunedQ2, testing::Values("Q2_K"));

}  // namespace nybble::train
