// A model that learns: what of it changes, and how.
#pragma once

#include <functional>
#include <span>

#include "gradients/parameters.h"
#include "train/adam.h"

namespace nybble::train {

class Student {
 public:
  virtual ~Student() = default;
  // As the model computes now.
  virtual const gradients::Parameters& parameters() const = 0;
  // Whether learn() needs the gradient by this one.
  virtual bool learns(const gradients::ParameterView& view) const = 0;
  // One step. rate: of the schedule, in [0, 1]; rates of their own are the student's affair.
  virtual void learn(gradients::Parameters& gradients, float rate) = 0;

  // What the model is made of: what best() keeps and a checkpoint too.
  using Visit = std::function<void(std::span<float>)>;
  virtual void visit_values(const Visit& visit) = 0;
  // What only the next steps need.
  using VisitMoments = std::function<void(Adam&)>;
  virtual void visit_moments(const VisitMoments& visit) = 0;
  // After the values were changed from outside.
  virtual void refresh() = 0;
};

}  // namespace nybble::train
