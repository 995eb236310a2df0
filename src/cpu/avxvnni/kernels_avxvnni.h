// The table of the AVX-VNNI level (AVX2, FMA, F16C, AVX-VNNI).
#pragma once

#include "cpu/kernels.h"

namespace nybble::cpu::avxvnni {

extern const Kernels kernels;

}  // namespace nybble::cpu::avxvnni
