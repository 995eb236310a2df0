// The table of the scalar level: the specification of all others.
#pragma once

#include "cpu/kernels.h"

namespace nybble::cpu::scalar {

extern const Kernels kernels;

}  // namespace nybble::cpu::scalar
