// Products of bfloat16 in the tile registers of AMX.
#pragma once

#include "cpu/bf16_kernels.h"

namespace nybble::cpu::amxbf16 {

// Asks the system for the tile registers, which it gives to a process that asks. False: refused.
bool take_tiles();

extern const Bf16Kernels kernels;

}  // namespace nybble::cpu::amxbf16
