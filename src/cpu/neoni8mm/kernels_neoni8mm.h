// The table of the NEON level with products of unsigned and signed bytes (DotProd, I8MM).
#pragma once

#include "cpu/kernels.h"

namespace nybble::cpu::neoni8mm {

extern const Kernels kernels;

}  // namespace nybble::cpu::neoni8mm
