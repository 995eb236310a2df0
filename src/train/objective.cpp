#include "train/objective.h"

#include <algorithm>

namespace nybble::train {
namespace {

class Distillation : public Objective {
 public:
  Distillation(const gradients::Parameters& teacher, int length, ThreadPool& pool,
               gradients::Precision precision)
      : teacher_(teacher), pass_(teacher, length, pool, precision) {}

  double loss(const std::vector<const Lesson*>& batch, const gradients::HeadInputs& student,
              float factor, std::span<float> d_x, gradients::Parameters& gradients,
              const gradients::DecoderPass& pass) override {
    const std::vector<std::int32_t> tokens = tokens_of(batch);
    const auto x = pass_.forth(tokens);
    const double n = static_cast<double>(tokens.size());
    return gradients::divergence(student, {teacher_, x}, static_cast<float>(factor / n), d_x,
                                 gradients, pass.engine()) /
           n;
  }

 private:
  const gradients::Parameters& teacher_;
  gradients::DecoderPass pass_;
};

class Answers : public Objective {
 public:
  double loss(const std::vector<const Lesson*>& batch, const gradients::HeadInputs& student,
              float factor, std::span<float> d_x, gradients::Parameters& gradients,
              const gradients::DecoderPass& pass) override {
    std::vector<std::int32_t> labels;
    for (const Lesson* lesson : batch)
      labels.insert(labels.end(), lesson->labels.begin(), lesson->labels.end());
    const auto counted = std::ranges::count_if(labels, [](std::int32_t l) { return l >= 0; });
    const double n = static_cast<double>(std::max<std::ptrdiff_t>(counted, 1));
    return gradients::cross_entropy(student, labels, static_cast<float>(factor / n), d_x, gradients,
                                    pass.engine()) /
           n;
  }
};

}  // namespace

std::vector<std::int32_t> tokens_of(const std::vector<const Lesson*>& batch) {
  std::vector<std::int32_t> tokens;
  for (const Lesson* lesson : batch)
    tokens.insert(tokens.end(), lesson->tokens.begin(), lesson->tokens.end());
  return tokens;
}

std::unique_ptr<Objective> distillation(const gradients::Parameters& teacher, int length,
                                        ThreadPool& pool, gradients::Precision precision) {
  return std::make_unique<Distillation>(teacher, length, pool, precision);
}

std::unique_ptr<Objective> answers() {
  return std::make_unique<Answers>();
}

}  // namespace nybble::train
