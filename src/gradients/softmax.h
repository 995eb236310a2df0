// Softmax of a row, with the exponential of the CPU's kernels: the same bits on every machine.
#pragma once

#include "cpu/kernels.h"

namespace nybble::gradients {

// x [n] becomes exp(x - max); returns the sum, of doubles, and sets the max.
double exponentials(float* x, int n, const cpu::Kernels& kernels, float& max);
// x [n] becomes its softmax. Nothing for n = 0.
void softmax(float* x, int n, const cpu::Kernels& kernels);

}  // namespace nybble::gradients
