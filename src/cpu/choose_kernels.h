// Which ISA level runs.
#pragma once

#include <string_view>
#include <vector>

#include "cpu/bf16_kernels.h"
#include "cpu/kernels.h"

namespace nybble::cpu {

// All levels that this CPU can run, the fastest first; the last is "scalar".
std::vector<const Kernels*> runnable_kernels();

// isa: the name of a level, as "scalar" or "avx2"; empty: what the variable NYBBLE_ISA says, else
// the fastest. Throws Error(unsupported) for a level that this CPU lacks, Error(invalid_input) for
// an unknown one.
const Kernels& choose_kernels(std::string_view isa = {});

// Products of bfloat16, the fastest first; none where the CPU has no instruction for them.
std::vector<const Bf16Kernels*> runnable_bf16_kernels();
// The fastest; nullptr: none, or NYBBLE_ISA says which level is to run, and floats are to be
// floats.
const Bf16Kernels* choose_bf16_kernels();

}  // namespace nybble::cpu
