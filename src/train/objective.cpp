#include "train/objective.h"

#include <algorithm>

#include "gradients/head_loss.h"

namespace nybble::train {
namespace {

// Forth, head_loss(inputs of the head, d_x, gradients) and, where gradients are wanted, back.
template <class HeadLoss>
double run(const std::vector<std::int32_t>& tokens, gradients::DecoderPass& pass,
           gradients::Parameters* gradients, const HeadLoss& head_loss,
           const gradients::HiddenTarget& hidden = {}) {
  const auto x = pass.forth(tokens);
  if (gradients == nullptr) {
    gradients::Parameters none;
    return head_loss(gradients::HeadInputs{pass.parameters(), x}, std::span<float>{}, none);
  }
  std::vector<float> d_x(x.size());
  const double loss =
      head_loss(gradients::HeadInputs{pass.parameters(), x}, std::span(d_x), *gradients);
  pass.back(d_x, *gradients, hidden);
  return loss;
}

// The labels of a batch one after the other, and how many of them count.
struct Labels {
  std::vector<std::int32_t> values;
  double counted = 0;

  explicit Labels(const std::vector<const Lesson*>& batch) {
    for (const Lesson* lesson : batch)
      values.insert(values.end(), lesson->labels.begin(), lesson->labels.end());
    const auto n = std::ranges::count_if(values, [](std::int32_t label) { return label >= 0; });
    counted = static_cast<double>(std::max<std::ptrdiff_t>(n, 1));
  }
};

class Distillation : public Objective {
 public:
  Distillation(const gradients::Parameters& teacher, int length, ThreadPool& pool,
               gradients::Precision precision, float hidden)
      : teacher_(teacher), pass_(teacher, length, pool, precision), hidden_(hidden) {}

  double loss(const std::vector<const Lesson*>& batch, gradients::DecoderPass& student,
              float factor, gradients::Parameters* gradients) override {
    const std::vector<std::int32_t> tokens = tokens_of(batch);
    const double n = static_cast<double>(tokens.size());
    const auto x = pass_.forth(tokens);
    const auto share = static_cast<float>(factor / n);
    return run(tokens, student, gradients,
               [&](const gradients::HeadInputs& inputs, std::span<float> d_x,
                   gradients::Parameters& own) {
                 return gradients::divergence(inputs, {teacher_, x}, share, d_x, own,
                                              student.engine());
               },
               {&pass_, share * hidden_}) /
           n;
  }

 private:
  const gradients::Parameters& teacher_;
  gradients::DecoderPass pass_;
  float hidden_;
};

class Answers : public Objective {
 public:
  double loss(const std::vector<const Lesson*>& batch, gradients::DecoderPass& student,
              float factor, gradients::Parameters* gradients) override {
    const Labels labels(batch);
    return run(tokens_of(batch), student, gradients,
               [&](const gradients::HeadInputs& inputs, std::span<float> d_x,
                   gradients::Parameters& own) {
                 return gradients::cross_entropy(inputs, labels.values,
                                                 static_cast<float>(factor / labels.counted), d_x,
                                                 own, student.engine());
               }) /
           labels.counted;
  }
};

class GpuObjective : public Objective {
 public:
  // teacher: null for answers.
  GpuObjective(const gradients::Parameters* teacher, int length, ThreadPool& pool,
               gradients::Precision precision, float hidden = 0)
      : distills_(teacher != nullptr),
        hidden_(hidden),
        pass_(gradients::make_gpu_pass(teacher, length, pool, precision)) {}

  double loss(const std::vector<const Lesson*>& batch, gradients::DecoderPass& student,
              float factor, gradients::Parameters* gradients) override {
    const std::vector<std::int32_t> tokens = tokens_of(batch);
    if (distills_) {
      const double n = static_cast<double>(tokens.size());
      const auto share = static_cast<float>(factor / n);
      return pass_->divergence(student.parameters(), tokens, share, share * hidden_, gradients) / n;
    }
    const Labels labels(batch);
    return pass_->cross_entropy(student.parameters(), tokens, labels.values,
                                static_cast<float>(factor / labels.counted), gradients) /
           labels.counted;
  }

 private:
  bool distills_;
  float hidden_;
  std::unique_ptr<gradients::GpuPass> pass_;
};

}  // namespace

std::vector<std::int32_t> tokens_of(const std::vector<const Lesson*>& batch) {
  std::vector<std::int32_t> tokens;
  for (const Lesson* lesson : batch)
    tokens.insert(tokens.end(), lesson->tokens.begin(), lesson->tokens.end());
  return tokens;
}

std::unique_ptr<Objective> distillation(const gradients::Parameters& teacher, int length,
                                        ThreadPool& pool, gradients::Precision precision,
                                        float hidden) {
  return std::make_unique<Distillation>(teacher, length, pool, precision, hidden);
}

std::unique_ptr<Objective> answers() {
  return std::make_unique<Answers>();
}

std::unique_ptr<Objective> distillation_on_gpu(const gradients::Parameters& teacher, int length,
                                               ThreadPool& pool, gradients::Precision precision,
                                               float hidden) {
  return std::make_unique<GpuObjective>(&teacher, length, pool, precision, hidden);
}

std::unique_ptr<Objective> answers_on_gpu(int length, ThreadPool& pool,
                                          gradients::Precision precision) {
  return std::make_unique<GpuObjective>(nullptr, length, pool, precision);
}

}  // namespace nybble::train
