#include "gradients/engine.h"

#include "cpu/choose_kernels.h"

namespace nybble::gradients {

Engine::Engine(ThreadPool& threads, Precision precision)
    : pool(threads),
      kernels(cpu::choose_kernels()),
      bf16(precision == Precision::bf16 ? cpu::choose_bf16_kernels() : nullptr) {}

}  // namespace nybble::gradients
