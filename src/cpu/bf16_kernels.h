// Products of matrices in bfloat16 with sums in float32, for training, where the rounding of
// operands is noise among larger noise. Unlike the kernels of kernels.h these need not give the
// same bits at each ISA level, only for any number of threads. Included by units with ISA flags: no
// standard library here.
#pragma once

#include <stdint.h>

namespace nybble::cpu {

// Both operands stand as panels of 32 vectors along k, in steps of 32 values of k, filled up with
// zeros. A step of `left` is [32 vectors][32 values]; of `right` [2][16 pairs][16 vectors][2
// values].
constexpr int bf16_panel = 32, bf16_step = 32;
constexpr int bf16_step_values = bf16_panel * bf16_step;
enum class Bf16Side : uint8_t { left, right };

// Up to 32 vectors of k floats. One of the strides, in elements, is 1.
struct Bf16Source {
  const float* values;
  int64_t vector_stride, k_stride;
  int vectors;
  int64_t k;
};

struct Bf16Product {
  const uint16_t *left, *right;  // panels one after the other
  int64_t steps;                 // of a panel
  int left_panels, right_panels;
  float* sums;  // [32 * left_panels][32 * right_panels]; replaced
};

struct Bf16Kernels {
  const char* name;
  // To a panel, rounded to the nearest, ties to the even.
  void (*pack)(const Bf16Source& source, Bf16Side side, uint16_t* panel);
  void (*multiply)(const Bf16Product& product);
};

}  // namespace nybble::cpu
