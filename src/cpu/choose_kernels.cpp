#include "cpu/choose_kernels.h"

#include <array>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "cpu/scalar_kernels.h"
#if defined(__x86_64__)
#include <cpuid.h>

#include "cpu/amxbf16/kernels_amxbf16.h"
#include "cpu/avx2/kernels_avx2.h"
#include "cpu/avx512/kernels_avx512.h"
#include "cpu/avx512bf16/kernels_avx512bf16.h"
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

template <class Table>
struct Level {
  const Table* kernels;
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
bool has_avx512bf16() {
  return has_avx512() && __builtin_cpu_supports("avx512bf16") != 0;
}
// Compilers do not agree on a name of this one; its bits are those of leaf 7.
bool has_amxbf16() {
  constexpr unsigned needed = 1u << 22 | 1u << 24;  // AMX-BF16 and AMX-TILE in EDX
  unsigned a = 0, b = 0, c = 0, d = 0;
  return has_avx512bf16() && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
         (d & needed) == needed && amxbf16::take_tiles();
}
constexpr std::array levels{Level{&avx512vnni::kernels, has_avx512vnni},
                            Level{&avxvnni::kernels, has_avxvnni},
                            Level{&avx512::kernels, has_avx512}, Level{&avx2::kernels, has_avx2},
                            Level{&scalar::kernels, always}};
constexpr std::array bf16_levels{Level{&amxbf16::kernels, has_amxbf16},
                                 Level{&avx512bf16::kernels, has_avx512bf16}};
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
constexpr std::array<Level<Bf16Kernels>, 0> bf16_levels;
#else
constexpr std::array levels{Level{&scalar::kernels, always}};
constexpr std::array<Level<Bf16Kernels>, 0> bf16_levels;
#endif

const char* wanted_isa() {
  const char* variable = std::getenv("NYBBLE_ISA");
  return variable == nullptr ? "" : variable;
}

template <class Levels>
auto runnable(const Levels& all) {
  std::vector<decltype(all.front().kernels)> tables;
  for (const auto& level : all) {
    if (level.runs_here()) tables.push_back(level.kernels);
  }
  return tables;
}

// "a, b or scalar"
std::string names_of_levels() {
  std::string names;
  for (const auto& level : levels) {
    if (!names.empty()) names += &level == &levels.back() ? " or " : ", ";
    names += level.kernels->name;
  }
  return names;
}

}  // namespace

std::vector<const Kernels*> runnable_kernels() {
  return runnable(levels);
}

const Kernels& choose_kernels(std::string_view isa) {
  if (isa.empty()) isa = wanted_isa();
  if (isa.empty()) return *runnable_kernels().front();
  for (const auto& level : levels) {
    if (level.kernels->name != isa) continue;
    if (level.runs_here()) return *level.kernels;
    fail(ErrorKind::unsupported, "NYBBLE_ISA: this CPU cannot run {}; leave the variable unset",
         isa);
  }
  fail(ErrorKind::invalid_input, "NYBBLE_ISA is '{}', expected {}", isa, names_of_levels());
}

std::vector<const Bf16Kernels*> runnable_bf16_kernels() {
  return runnable(bf16_levels);
}

const Bf16Kernels* choose_bf16_kernels() {
  static const auto tables = runnable_bf16_kernels();
  return tables.empty() || *wanted_isa() != '\0' ? nullptr : tables.front();
}

}  // namespace nybble::cpu
