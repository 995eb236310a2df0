// What this machine can do at most, measured in this process: shares of it say how good a kernel
// is.
#pragma once

#include <string>

#include "base/thread_pool.h"

namespace nybble::cpu {

struct MachinePeak {
  double int8_macs = 0;   // products of bytes a second, of all threads
  double float_macs = 0;  // fused multiply-adds of floats a second
  double read_bytes = 0;  // bytes a second read from memory
};

// The best of several runs, a second in all. isa: as in CpuOptions.
MachinePeak measure_peak(ThreadPool& pool, const std::string& isa = "");

}  // namespace nybble::cpu
