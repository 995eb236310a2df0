#include "api/device_list.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <tuple>

#include "base/error.h"

namespace nybble::api {
namespace {

constexpr auto gpu = DeviceKind::gpu, unified = DeviceKind::unified, cpu = DeviceKind::cpu;

// Sources: the maker's data sheet or specification page of the product. TFLOPS of GeForce cards are
// those of tensor cores with sums in 32 bits, from the white papers of Ada (2022), Ampere GA102
// (2020) and Blackwell (2025). Memory of CPUs: channels x transfers a second x 8 bytes.
constexpr std::string_view nvidia = "NVIDIA data sheet", geforce = "NVIDIA white paper",
                           amd = "AMD product page", apple = "Apple technical specifications",
                           channels = "channels x transfers x 8 bytes";

constexpr std::array list{
    Device{"NVIDIA H200 SXM", gpu, 141, 4800, 989, nvidia},
    Device{"NVIDIA H100 SXM", gpu, 80, 3350, 989, nvidia},
    Device{"NVIDIA H100 PCIe", gpu, 80, 2000, 756, nvidia},
    Device{"NVIDIA A100 80GB", gpu, 80, 2039, 312, nvidia},
    Device{"NVIDIA A100 40GB", gpu, 40, 1555, 312, nvidia},
    Device{"NVIDIA L40S", gpu, 48, 864, 362, nvidia},
    Device{"NVIDIA RTX A6000", gpu, 48, 768, 155, nvidia},
    Device{"NVIDIA L4", gpu, 24, 300, 121, nvidia},
    Device{"NVIDIA T4", gpu, 16, 320, 65, nvidia},
    Device{"NVIDIA RTX 5090", gpu, 32, 1792, 210, geforce},
    Device{"NVIDIA RTX 4090", gpu, 24, 1008, 165, geforce},
    Device{"NVIDIA RTX 4080", gpu, 16, 717, 97, geforce},
    Device{"NVIDIA RTX 4070", gpu, 12, 504, 58, geforce},
    Device{"NVIDIA RTX 4060", gpu, 8, 272, 30, geforce},
    Device{"NVIDIA RTX 3090", gpu, 24, 936, 71, geforce},
    Device{"NVIDIA RTX 3080", gpu, 10, 760, 60, geforce},
    Device{"NVIDIA RTX 3060", gpu, 12, 360, 26, geforce},
    Device{"AMD RX 7900 XTX", gpu, 24, 960, 123, amd},
    Device{"AMD MI300X", gpu, 192, 5300, 1307, amd},
    Device{"Apple M1", unified, 0, 68, 0, apple},
    Device{"Apple M1 Pro", unified, 0, 200, 0, apple},
    Device{"Apple M1 Max", unified, 0, 400, 0, apple},
    Device{"Apple M1 Ultra", unified, 0, 800, 0, apple},
    Device{"Apple M2", unified, 0, 100, 0, apple},
    Device{"Apple M2 Pro", unified, 0, 200, 0, apple},
    Device{"Apple M2 Max", unified, 0, 400, 0, apple},
    Device{"Apple M2 Ultra", unified, 0, 800, 0, apple},
    Device{"Apple M3", unified, 0, 100, 0, apple},
    Device{"Apple M3 Pro", unified, 0, 150, 0, apple},
    Device{"Apple M3 Max", unified, 0, 400, 0, apple},
    Device{"Apple M3 Ultra", unified, 0, 819, 0, apple},
    Device{"Apple M4", unified, 0, 120, 0, apple},
    Device{"Apple M4 Pro", unified, 0, 273, 0, apple},
    Device{"Apple M4 Max", unified, 0, 546, 0, apple},
    Device{"DDR4-3200 x2", cpu, 0, 51.2, 0, channels},
    Device{"DDR5-5600 x2", cpu, 0, 89.6, 0, channels},
    Device{"DDR5-6400 x2", cpu, 0, 102.4, 0, channels},
    Device{"AMD EPYC 7003", cpu, 0, 204.8, 0, channels},    // 8 x DDR4-3200
    Device{"AMD EPYC 9004", cpu, 0, 460.8, 0, channels},    // 12 x DDR5-4800
    Device{"Intel Xeon 8400", cpu, 0, 307.2, 0, channels},  // 8 x DDR5-4800
};

std::string letters_of(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) letters += static_cast<char>(std::tolower(byte));
  }
  return letters;
}

// 0: it is not this one; more is better: all of the name, the name without leading words, the
// beginning of that ("h100").
int match(const Device& device, std::string_view name) {
  const std::string asked = letters_of(name);
  if (asked.empty()) return 0;
  int best = 0;
  for (std::string_view rest = device.name;;) {
    const std::string have = letters_of(rest);
    if (have == asked) return 3;
    if (have.starts_with(asked)) best = std::max(best, asked.size() >= 2 ? 1 : 0);
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos) return best;
    rest.remove_prefix(space + 1);
  }
}

bool is_for_desktops(const Device& device) {
  return device.name.find(" RTX ") != std::string_view::npos ||
         device.name.find(" RX ") != std::string_view::npos;
}

}  // namespace

std::span<const Device> devices() {
  return list;
}

const Device& device_named(std::string_view name) {
  const Device* best = nullptr;
  int best_match = 0;
  std::string known;
  for (const Device& device : list) {
    known += (known.empty() ? "" : ", ") + std::string(device.name);
    const int found = match(device, name);
    if (found > best_match) {
      best = &device;
      best_match = found;
    }
  }
  if (best != nullptr) return *best;
  fail(ErrorKind::invalid_input,
       "--device {}: nothing is known of it; expected one of {}; or give --vram and --memory", name,
       known);
}

const Device& device_with(std::uint64_t vram_bytes) {
  // As sold in GB, asked for in GB or GiB.
  const double wanted = static_cast<double>(vram_bytes) / 1e9 * 0.93;
  const auto rank = [&](const Device& device) {
    const bool enough = device.gigabytes >= wanted;
    return std::tuple(device.kind != gpu, !enough, enough ? device.gigabytes : -device.gigabytes,
                      !is_for_desktops(device), device.gigabytes_per_second);
  };
  return *std::ranges::min_element(list, {}, rank);
}

std::string_view kind_name(DeviceKind kind) {
  constexpr std::array<std::string_view, 3> names{"gpu", "unified", "cpu"};
  return names.at(static_cast<std::size_t>(kind));
}

}  // namespace nybble::api
