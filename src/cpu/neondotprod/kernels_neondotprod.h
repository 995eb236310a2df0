// The table of the NEON level with products of signed bytes (DotProd).
#pragma once

#include "cpu/kernels.h"

namespace nybble::cpu::neondotprod {

extern const Kernels kernels;

}  // namespace nybble::cpu::neondotprod
