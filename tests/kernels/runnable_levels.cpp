// Every level that this CPU can run.
#include <gtest/gtest.h>

#include "cpu/choose_kernels.h"
#include "tested_levels.h"

namespace nybble::cpu {

std::vector<const Kernels*> tested_levels() {
  std::vector<const Kernels*> levels = runnable_kernels();
  levels.pop_back();  // the scalar one itself
  return levels;
}

}  // namespace nybble::cpu
