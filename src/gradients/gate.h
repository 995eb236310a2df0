// The activation between gate, up and down: silu(gate) * up, and its way back.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "cpu/kernels.h"

namespace nybble::gradients {

// out [n] of gate and up [n].
void gate_multiply(const float* gate, const float* up, std::int64_t n, float* out,
                   const cpu::Kernels& kernels, ThreadPool& pool);
// gate and up become the gradients by them.
void gate_multiply_back(const float* d_out, std::int64_t n, float* gate, float* up,
                        const cpu::Kernels& kernels, ThreadPool& pool);

}  // namespace nybble::gradients
