// The table of the AVX-512 level (F, BW, VL, DQ).
#pragma once

#include "cpu/kernels.h"

namespace nybble::cpu::avx512vnni {

extern const Kernels kernels;

}  // namespace nybble::cpu::avx512vnni
