#include "cpu/choose_kernels.h"

#include <array>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "cpu/scalar_kernels.h"
#if defined(__x86_64__)
#include "cpu/avx2/kernels_avx2.h"
#include "cpu/avx512/kernels_avx512.h"
#include "cpu/avx512vnni/kernels_avx512vnni.h"
#include "cpu/avxvnni/kernels_avxvnni.h"
#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>

#include "cpu/neon/kernels_neon.h"
#include "cpu/neondotprod/kernels_neondotprod.h"
#include "cpu/neoni8mm/kernels_neoni8mm.h"
#endif

namespace nybble::cpu {
namespace {

struct Level {
  const Kernels* kernels;
  bool (*runs_here)();
};
bool always() {
  return true;
}

#if defined(__x86_64__)
bool has_avx2() {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 &&
         __builtin_cpu_supports("f16c") != 0;
}
bool has_avxvnni() {
  return has_avx2() && __builtin_cpu_supports("avxvnni") != 0;
}
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0;
}
bool has_avx512vnni() {
  return has_avx512() && __builtin_cpu_supports("avx512vnni") != 0;
}
constexpr std::array levels{Level{&avx512vnni::kernels, has_avx512vnni},
                            Level{&avxvnni::kernels, has_avxvnni},
                            Level{&avx512::kernels, has_avx512}, Level{&avx2::kernels, has_avx2},
                            Level{&scalar::kernels, always}};
#elif defined(__aarch64__) && defined(__linux__)
bool has_dotprod() {
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
}
bool has_i8mm() {
  return has_dotprod() && (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0;
}
constexpr std::array levels{Level{&neoni8mm::kernels, has_i8mm},
                            Level{&neondotprod::kernels, has_dotprod},
                            Level{&neon::kernels, always}, Level{&scalar::kernels, always}};
#else
constexpr std::array levels{Level{&scalar::kernels, always}};
#endif

// "a, b or scalar"
std::string names_of_levels() {
  std::string names;
  for (const Level& level : levels) {
    if (!names.empty()) names += &level == &levels.back() ? " or " : ", ";
    names += level.kernels->name;
  }
  return names;
}

}  // namespace

std::vector<const Kernels*> runnable_kernels() {
  std::vector<const Kernels*> runnable;
  for (const Level& level : levels) {
    if (level.runs_here()) runnable.push_back(level.kernels);
  }
  return runnable;
}

const Kernels& choose_kernels(std::string_view isa) {
  if (isa.empty()) {
    const char* variable = std::getenv("NYBBLE_ISA");
    isa = variable == nullptr ? "" : variable;
  }
  if (isa.empty()) return *runnable_kernels().front();
  for (const Level& level : levels) {
    if (level.kernels->name != isa) continue;
    if (level.runs_here()) return *level.kernels;
    fail(ErrorKind::unsupported, "NYBBLE_ISA: this CPU cannot run {}; leave the variable unset",
         isa);
  }
  fail(ErrorKind::invalid_input, "NYBBLE_ISA is '{}', expected {}", isa, names_of_levels());
}

}  // namespace nybble::cpu
