// Products with operands that are rounded to bfloat16, in tiles as in products.h.
#pragma once

#include <cstdint>
#include <memory>

#include "gradients/engine.h"

namespace nybble::gradients {

// `vectors` of k floats; one of the strides, in elements, is 1.
struct Bf16Operand {
  const float* values = nullptr;
  int vectors = 0;
  std::int64_t k = 0, vector_stride = 0, k_stride = 0;
};

// An operand in the order of cpu/bf16_kernels.h.
class Bf16Panels {
 public:
  Bf16Panels(const Bf16Operand& source, cpu::Bf16Side side, const Engine& engine);
  int vectors() const { return vectors_; }
  int count() const { return count_; }
  std::int64_t steps() const { return steps_; }
  const std::uint16_t* panel(int i) const { return values_.get() + i * size(); }

 private:
  std::int64_t size() const { return steps_ * cpu::bf16_step_values; }

  int vectors_, count_;
  std::int64_t steps_;  // of a panel
  std::unique_ptr<std::uint16_t[]> values_;
};

// c [left.vectors, right.vectors] = the products of all pairs of vectors, or += factor * that.
void multiply_bf16(const Bf16Panels& left, const Bf16Panels& right, float* c, const Engine& engine);
void multiply_add_bf16(const Bf16Panels& left, const Bf16Panels& right, float factor, float* c,
                       const Engine& engine);

}  // namespace nybble::gradients
