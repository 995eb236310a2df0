// The table of the AVX-512 level with VNNI (F, BW, VL, DQ, VNNI).
#pragma once

#include "cpu/kernels.h"

namespace nybble::cpu::avx512vnni {

extern const Kernels kernels;

}  // namespace nybble::cpu::avx512vnni
