// What a model learns from: windows of tokens, and the loss on them.
#pragma once

#include <memory>
#include <optional>

#include "gradients/decoder_pass.h"
#include "gradients/gpu_pass.h"

namespace nybble::train {

// Tokens that run together. labels: what the model shall say behind each, -1: nothing; empty where
// a teacher says it.
struct Lesson {
  std::vector<std::int32_t> tokens, labels;
};

struct LessonSets {
  std::vector<Lesson> learned, held_out;
};

class Objective {
 public:
  virtual ~Objective() = default;
  // Of lessons that run together: the mean over the tokens that count. With gradients (else null),
  // that of `factor` times it is added to them.
  virtual double loss(const std::vector<const Lesson*>& batch, gradients::DecoderPass& student,
                      float factor, gradients::Parameters* gradients) = 0;
};

// KL divergence from the model before. Gradients are also those of `hidden` times the distance of
// the hidden states (gradients/hidden_loss.h), which the loss leaves out.
std::unique_ptr<Objective> distillation(const gradients::Parameters& teacher, int length,
                                        ThreadPool& pool, gradients::Precision precision = {},
                                        float hidden = 0);
// -log p of the labels.
std::unique_ptr<Objective> answers();

// The same with the passes of an NVIDIA GPU in place of the student's. Throw as make_gpu_pass().
std::unique_ptr<Objective> distillation_on_gpu(const gradients::Parameters& teacher, int length,
                                               ThreadPool& pool,
                                               gradients::Precision precision = {},
                                               float hidden = 0);
std::unique_ptr<Objective> answers_on_gpu(int length, ThreadPool& pool,
                                          gradients::Precision precision = {});

// The tokens of a batch one after the other.
std::vector<std::int32_t> tokens_of(const std::vector<const Lesson*>& batch);

}  // namespace nybble::train
