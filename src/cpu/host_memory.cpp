#include "cpu/host_memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

#include "base/freed_memory.h"

namespace nybble::cpu {
namespace {

constexpr std::size_t unknown = std::numeric_limits<std::size_t>::max();

std::size_t read_number(const char* path) {
  std::ifstream file(path);
  std::size_t value = 0;
  return file >> value ? value : unknown;  // "max" is no number: no limit
}

std::size_t available_by_kernel() {
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  std::size_t kibibytes = 0;
  while (file >> key >> kibibytes) {
    if (key == "MemAvailable:") return kibibytes * 1024;
    std::getline(file, unit);
  }
  return unknown;
}

std::size_t left_in_group() {
  const std::size_t limit = read_number("/sys/fs/cgroup/memory.max");
  const std::size_t used = read_number("/sys/fs/cgroup/memory.current");
  if (limit == unknown || used == unknown) return unknown;
  return limit > used ? limit - used : 0;
}

std::size_t held_by_this_process() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::size_t available_host_memory() {
  return std::min(available_by_kernel(), left_in_group());
}

std::size_t allowed_host_memory(std::size_t max_bytes) {
  const std::size_t available = available_host_memory();
  if (max_bytes == 0) return available;
  return_freed_memory();
  const std::size_t held = held_by_this_process();
  return std::min(available, max_bytes > held ? max_bytes - held : 0);
}

// Measured on quantize with 2, 8 and 32 threads: 0.4 MiB for each.
std::size_t thread_bytes(int threads) {
  const unsigned n =
      threads > 0 ? static_cast<unsigned>(threads) : std::thread::hardware_concurrency();
  return (std::size_t{1} << 19) * n;
}

}  // namespace nybble::cpu
