// The AVX-VNNI level where it was compiled to the encoding of AVX-512.
#include <gtest/gtest.h>

#include "cpu/avxvnni/kernels_avxvnni.h"
#include "cpu/choose_kernels.h"
#include "tested_levels.h"

namespace nybble::cpu {
namespace {

bool runs_here(std::string_view level) {
  for (const Kernels* kernels : runnable_kernels()) {
    if (kernels->name == level) return true;
  }
  return false;
}

}  // namespace

std::vector<const Kernels*> tested_levels() {
  if (!runs_here("avx512vnni")) return {};
  return {&avxvnni::kernels};
}

TEST(avxvnni_level, runs_in_the_encoding_of_avx512) {
  if (!runs_here("avx512vnni")) GTEST_SKIP() << "this CPU has no AVX-512 VNNI";
}

// kernels_test tests it then.
TEST(avxvnni_level, runs_in_its_own_encoding) {
  if (!runs_here("avxvnni")) GTEST_SKIP() << "this CPU has no AVX-VNNI";
}

}  // namespace nybble::cpu
