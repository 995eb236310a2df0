// The table of the NEON level of every 64-bit Arm CPU.
#pragma once

#include "cpu/kernels.h"

namespace nybble::cpu::neon {

extern const Kernels kernels;

}  // namespace nybble::cpu::neon
