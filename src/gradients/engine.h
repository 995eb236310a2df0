// What the passes compute with.
#pragma once

#include "base/thread_pool.h"
#include "cpu/bf16_kernels.h"
#include "cpu/kernels.h"

namespace nybble::gradients {

// bf16: the operands of the large products are rounded to bfloat16 where the CPU has products of
// that, which more than halves the time; sums and all else stay floats.
enum class Precision { floats, bf16 };

struct Engine {
  ThreadPool& pool;
  const cpu::Kernels& kernels;
  const cpu::Bf16Kernels* bf16 = nullptr;  // nullptr: products of floats

  Engine(ThreadPool& threads, Precision precision);
};

}  // namespace nybble::gradients
