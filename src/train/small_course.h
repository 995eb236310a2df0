// For tests: students of the small llama of the golden files, and lessons for them.
#pragma once

#include "models/model_source.h"
#include "train/adapter_student.h"
#include "train/course.h"
#include "train/tuned_student.h"

namespace nybble::train {

inline gradients::Parameters small_parameters(ThreadPool& pool) {
  return gradients::load_parameters(models::open_model(std::make_shared<const files::Checkpoint>(
                                        files::open_checkpoint("tests/golden/models/llama"))),
                                    pool);
}

// Counting up in steps, so that there is something to learn.
inline std::vector<Lesson> small_lessons(int n, int length) {
  std::vector<Lesson> lessons;
  for (int i = 0; i < n; ++i) {
    Lesson lesson;
    for (int t = 0; t < length; ++t) {
      lesson.tokens.push_back((3 * i + (1 + i % 3) * t) % 96);
      lesson.labels.push_back((3 * i + (1 + i % 3) * (t + 1)) % 96);
    }
    lesson.labels.front() = -1;
    lessons.push_back(std::move(lesson));
  }
  return lessons;
}

inline AdapterStudent small_adapter(ThreadPool& pool, AdapterOptions options = {.rate = 1e-2f}) {
  options.rank = 4;
  options.alpha = 8;
  return {small_parameters(pool), options, pool};
}

// The linears whose rows fit are in Q4_0.
inline TunedStudent small_tuned(ThreadPool& pool, const TuneOptions& options = {}) {
  gradients::Parameters parameters = small_parameters(pool);
  std::vector<EncodedMatrix> matrices;
  const FormatId format = *formats::find_by_name("Q4_0");
  gradients::for_each(parameters, [&](const gradients::ParameterView& view) {
    if (view.rows == 1 || view.cols % 32 != 0) return;
    EncodedMatrix matrix{view.name, format, view.rows, view.cols, {}};
    matrix.blocks.resize(view.values.size() / 32 *
                         static_cast<std::size_t>(formats::info(format).block_bytes));
    formats::info(format).encode(view.values.data(), nullptr, view.values.size() / 32,
                                 matrix.blocks.data());
    matrices.push_back(std::move(matrix));
  });
  return {std::move(parameters), std::move(matrices), options, pool};
}

inline std::vector<std::vector<float>> values_of(Student& student) {
  std::vector<std::vector<float>> all;
  student.visit_values(
      [&](std::span<float> values) { all.emplace_back(values.begin(), values.end()); });
  return all;
}

}  // namespace nybble::train
