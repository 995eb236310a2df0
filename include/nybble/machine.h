// What this machine can do at most, measured once and kept, so that plans know it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nybble {

// What decoders with so many bytes of weights read of them a second.
struct ReadRate {
  double bytes = 0, bytes_per_second = 0;
};

struct MachineReport {
  std::string cpu;  // "AMD EPYC 9R14 96-Core Processor"; empty: the system does not say
  std::string isa;  // "avx512vnni"
  int threads = 0;
  // A second, of all threads: products of bytes, fused multiply-adds of floats, bytes read from
  // memory. The best of several runs.
  double int8_macs = 0, float_macs = 0, read_bytes = 0;
  // Of one token for each 32 rows of a linear, beside reading the weights.
  double panel_seconds = 0;
  // Of small models, from 43 to 174 MB, whose weights partly stay in the caches.
  std::vector<ReadRate> small_reads;
  std::filesystem::path kept;  // where it stands
};

// Measures for some three seconds and keeps the result in $XDG_CACHE_HOME/nybble, else
// ~/.cache/nybble, a file for each model of CPU and number of threads (0: one per core). Throws
// Error(io) when that folder cannot be written.
MachineReport measure_machine(int threads = 0);

// What was measured on such a machine; nothing when that was never done. Throws Error(corrupt_file)
// for a file that does not hold it.
std::optional<MachineReport> kept_machine(int threads = 0);

}  // namespace nybble
