// The table of the AVX2 level (AVX2, FMA, F16C).
#pragma once

#include "cpu/kernels.h"

namespace nybble::cpu::avx2 {

extern const Kernels kernels;

}  // namespace nybble::cpu::avx2
