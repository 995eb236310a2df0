// Products of bfloat16 with AVX-512 BF16 (F, BW, VL, DQ, BF16).
#pragma once

#include "cpu/bf16_kernels.h"

namespace nybble::cpu::avx512bf16 {

extern const Bf16Kernels kernels;

}  // namespace nybble::cpu::avx512bf16
