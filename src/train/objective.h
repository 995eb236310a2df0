// What a model learns from: windows of tokens, and the loss on them.
#pragma once

#include <memory>
#include <optional>

#include "gradients/decoder_pass.h"
#include "gradients/head_loss.h"

namespace nybble::train {

// Tokens that run together. labels: what the model shall say behind each, -1: nothing; empty where
// a teacher says it.
struct Lesson {
  std::vector<std::int32_t> tokens, labels;
};

class Objective {
 public:
  virtual ~Objective() = default;
  // Mean over the tokens that count. With d_x (else empty): the gradient of `factor` times it by x
  // goes there, those by head and norm are added to `gradients`.
  virtual double loss(const std::vector<const Lesson*>& batch, const gradients::HeadInputs& student,
                      float factor, std::span<float> d_x, gradients::Parameters& gradients,
                      const gradients::DecoderPass& pass) = 0;
};

// KL divergence from the model before.
std::unique_ptr<Objective> distillation(const gradients::Parameters& teacher, int length,
                                        ThreadPool& pool, gradients::Precision precision = {});
// -log p of the labels.
std::unique_ptr<Objective> answers();

// The tokens of a batch one after the other.
std::vector<std::int32_t> tokens_of(const std::vector<const Lesson*>& batch);

}  // namespace nybble::train
