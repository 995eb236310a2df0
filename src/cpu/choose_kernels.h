// Which ISA level runs.
#pragma once

#include <string_view>
#include <vector>

#include "cpu/kernels.h"

namespace nybble::cpu {

// All levels that this CPU can run, the fastest first; the last is "scalar".
std::vector<const Kernels*> runnable_kernels();

// isa: the name of a level, as "scalar" or "avx2"; empty: what the variable NYBBLE_ISA says, else
// the fastest. Throws Error(unsupported) for a level that this CPU lacks, Error(invalid_input) for
// an unknown one.
const Kernels& choose_kernels(std::string_view isa = {});

}  // namespace nybble::cpu
